"""What is never heard in training, and data sets of it in the challenge's layout.

    python held_out.py WORK_FOLDER
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np
import soundfile

import collect
import imitate
import procedural
import sources
from kept_apart import FAMILIES

STYLES = ("tight", "loose", "spoken")
PER_FAMILY = 12


def sounds_of(family: str, recorded: list[tuple[str, np.ndarray]]) -> list[np.ndarray]:
    if family in procedural.FAMILIES:
        index = list(procedural.FAMILIES).index(family)
        sounds = [procedural.make(family, np.random.default_rng([index, k])) for k in range(PER_FAMILY)]
    else:
        of_family = [samples for name, samples in recorded if name == family]
        sounds = [of_family[i] for i in np.random.default_rng(5).permutation(len(of_family))[:PER_FAMILY]]
    return [s for s in sounds if sources.is_audible(s)]


def write_set(root: Path, style: str, sounds: dict[str, list[np.ndarray]], voices: list[imitate.Voice]) -> None:
    """A data set as the challenge has it, for `deno task compare`."""
    rng = np.random.default_rng([13, len(style)])
    rows = [["Held-out set", "", "", "", "", ""], ["Label", "Class", "Items", "Query 1", "Query 2", "Query 3"]]
    for family, of_family in sounds.items():
        label = family.replace("/", "-")
        (root / "Items" / label).mkdir(parents=True, exist_ok=True)
        (root / "Queries" / label).mkdir(parents=True, exist_ok=True)
        for k, samples in enumerate(of_family, 1):
            base = f"{label}_{k:02d}"
            soundfile.write(root / "Items" / label / f"{base}.wav", samples, procedural.RATE)
            heard = imitate.listen(samples)
            queries = [f"{base}_q{n}.wav" for n in (1, 2)]
            for query in queries:
                imitation = imitate.imitate(rng, style, heard, voices[rng.integers(len(voices))])
                soundfile.write(root / "Queries" / label / query, imitation, procedural.RATE)
            rows.append([f"{label} {k}", label, f"{base}.wav", *queries, ""])
    with open(root / "DEV Dataset.csv", "w", newline="") as file:
        csv.writer(file).writerows(rows)


def main(work: Path) -> None:
    recorded = collect.read_sounds(work / "collected")
    voices = collect.read_voices(work / "collected" / "held_out_voices.pickle")
    sounds = {family: sounds_of(family, recorded) for family in sorted(FAMILIES)}
    imitate.set_typical([imitate.listen(s) for of_family in sounds.values() for s in of_family[::3]])
    for style in STYLES:
        write_set(work / f"held-out-{style}", style, sounds, [voices[name] for name in sorted(voices)])


if __name__ == "__main__":
    main(Path(sys.argv[1]))

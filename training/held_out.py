"""Data sets of what is never heard in training, in the challenge's layout: one for each kind of imitation.

python held_out.py WORK_FOLDER
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import csv
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import soundfile

import collect
import imitate
import kinds
import procedural
import sources
from kept_apart import FAMILIES

PER_FAMILY = 12


def sounds_of(family: str, recorded: list[tuple[str, np.ndarray]]) -> list[np.ndarray]:
    """So many sounds of a family, at 16 kHz."""
    if family in procedural.FAMILIES:
        index = list(procedural.FAMILIES).index(family)
        sounds = [procedural.make(family, np.random.default_rng([index, k])) for k in range(PER_FAMILY)]
    else:
        of_family = [samples for name, samples in recorded if name == family]
        if not of_family:
            raise RuntimeError(f"Expected recordings of the family {family}, which is kept apart, but found none")
        sounds = [of_family[i] for i in np.random.default_rng(5).permutation(len(of_family))[:PER_FAMILY]]
    return [s for s in sounds if sources.is_audible(s)]


def write_set(root: Path, kind: str, sounds: dict[str, list[np.ndarray]], cast: kinds.Cast) -> None:
    """A data set as the challenge has it, for `deno task compare`."""
    rng = np.random.default_rng([13, list(kinds.KINDS).index(kind)])
    rows = [["Held-out set", "", "", "", "", ""], ["Label", "Class", "Items", "Query 1", "Query 2", "Query 3"]]
    for family, of_family in sounds.items():
        label = family.replace("/", "-")
        (root / "Items" / label).mkdir(parents=True, exist_ok=True)
        (root / "Queries" / label).mkdir(parents=True, exist_ok=True)
        for k, samples in enumerate(of_family, 1):
            base = f"{label}_{k:02d}"
            soundfile.write(root / "Items" / label / f"{base}.wav", samples, procedural.RATE)
            queries = [f"{base}_q{n}.wav" for n in (1, 2)]
            for query in queries:
                soundfile.write(root / "Queries" / label / query, kinds.imitation(rng, kind, samples, cast), procedural.RATE)
            rows.append([f"{label} {k}", label, f"{base}.wav", *queries, ""])
    with open(root / "DEV Dataset.csv", "w", newline="") as file:
        csv.writer(file).writerows(rows)


def main(work: Path) -> None:
    """Writes a set for each kind, of the same sounds."""
    collected = collect.read(work / "collected")
    sounds = {family: sounds_of(family, collected.sounds) for family in sorted(FAMILIES)}
    imitate.set_typical([imitate.listen(s) for of_family in sounds.values() for s in of_family[::3]])
    # Processes are forked, and know what is typical.
    with ProcessPoolExecutor() as pool:
        jobs = [pool.submit(write_set, work / f"held-out-{kind}", kind, sounds, collected.apart) for kind in kinds.KINDS]
        for job in jobs:
            job.result()
    (work / "held-out").touch()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("work", type=Path)
    main(parser.parse_args().work)

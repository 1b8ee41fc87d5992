"""Gathers recorded sounds and voices, so that pairs can be made where there are no packages.

    python collect.py WORK_FOLDER
"""

from __future__ import annotations

import json
import pickle
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import soundfile

import imitate
import kept_apart
import sources
from procedural import RATE

SECONDS, PHRASES, CLIPS_A_VOICE = 4.5, 150, 25


def load(job: tuple[str, Path]) -> tuple[str, np.ndarray | None]:
    family, path = job
    return family, sources.read(path, SECONDS)


def read_sounds(folder: Path) -> list[tuple[str, np.ndarray]]:
    """(family, samples) of all that was gathered."""
    index = json.loads((folder / "index.json").read_text())
    return [(family, soundfile.read(folder / name, dtype="float32")[0]) for name, family in index]


def read_voices(path: Path) -> dict[str, imitate.Voice]:
    return pickle.loads(path.read_bytes())


def main(work: Path) -> None:
    packages = work / "packages"
    sources.fetch(packages)
    target = work / "collected.new"
    target.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(3)
    voices = {name: imitate.Voice.learn(clips, rng) for name, clips in sources.voices(packages, work, CLIPS_A_VOICE).items()}
    apart = {name: voices[name] for name in kept_apart.VOICES if name in voices}
    # Speech itself is only wanted of those who are kept apart.
    heard = {name: replace(voice, clips=[]) for name, voice in voices.items() if name not in apart}
    (target / "held_out_voices.pickle").write_bytes(pickle.dumps(apart))
    (target / "voices.pickle").write_bytes(pickle.dumps(heard))
    with ProcessPoolExecutor() as pool:
        sounds = [s for s in pool.map(load, sources.recorded(packages), chunksize=16) if s[1] is not None]
    sounds += list(sources.played(packages, work, rng, PHRASES))
    index = []
    for k, (family, samples) in enumerate(sounds):
        if not sources.is_audible(samples):
            continue
        name = f"{k:05d}.flac"
        soundfile.write(target / name, samples, RATE)
        index.append((name, family))
    (target / "index.json").write_text(json.dumps(index))
    target.rename(work / "collected")
    print(f"{len(index)} sounds, {len(voices)} voices")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

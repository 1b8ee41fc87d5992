"""Makes the training pairs: sounds, recorded and made up, and imitations of each.

    python make_pairs.py WORK_FOLDER
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import pickle
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

import collect
import features
import imitate
import procedural
import sources
from kept_apart import FAMILIES

A_FAMILY, A_FILE, PER_STYLE = 110, 2, 4


def variant(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Another sound of the same recording: another speed, sometimes backwards or repeated."""
    speed = 2 ** rng.uniform(-0.8, 0.8)
    out = np.interp(np.arange(0, len(samples) - 1, speed), np.arange(len(samples)), samples)
    if rng.random() < 0.25:
        out = out[::-1]
    if len(out) < 2.5 * procedural.RATE and rng.random() < 0.7:
        out = procedural.again(rng, out)
    return out[: 5 * procedural.RATE].astype(np.float32)


def made_up(job: tuple[int, str, int]) -> tuple[str, np.ndarray]:
    index, family, k = job
    return family, procedural.make(family, np.random.default_rng([index, k]))


def all_sounds(work: Path) -> list[tuple[str, np.ndarray]]:
    made = [(index, family, k) for index, family in enumerate(procedural.FAMILIES) if family not in FAMILIES for k in range(A_FAMILY)]
    with ProcessPoolExecutor() as pool:
        out = list(pool.map(made_up, made, chunksize=32))
    rng = np.random.default_rng(7)
    for family, samples in collect.read_sounds(work / "collected"):
        if family not in FAMILIES:
            out += [(family, samples if k == 0 else variant(samples, rng)) for k in range(A_FILE)]
    return [(f, s) for f, s in out if sources.is_audible(s)]


def pack(samples: np.ndarray) -> np.ndarray:
    """The encoder's input in a byte a value; the rows of contours lie in -1 … 1."""
    x = features.encoder_input(features.analyze(samples))
    x[features.BANDS :] = (x[features.BANDS :] + 1) / 2
    return np.round(255 * np.clip(x, 0, 1)).astype(np.uint8)


def pairs_of(job: tuple[int, np.ndarray]) -> tuple[np.ndarray, list[np.ndarray], list[np.ndarray]]:
    index, samples = job
    heard = imitate.listen(samples)
    rng = np.random.default_rng([11, index])
    out: dict[str, list[np.ndarray]] = {"tight": [], "loose": []}
    for style, made in out.items():
        for _ in range(PER_STYLE):
            voice = _voices[_names[rng.integers(len(_names))]]
            # Of the whole sound: training cuts both alike, as the library compares beginnings.
            made.append(pack(imitate.record(rng, imitate.STYLES[style](rng, heard, voice))))
    return pack(samples), out["tight"], out["loose"]


_voices: dict[str, imitate.Voice] = {}
_names: list[str] = []


def main(work: Path) -> None:
    sounds = all_sounds(work)
    imitate.set_typical([imitate.listen(s) for _, s in sounds[::7]])
    _voices.update(collect.read_voices(work / "collected" / "voices.pickle"))
    _names.extend(sorted(_voices))
    print(f"{len(sounds)} sounds, {len(_names)} voices", flush=True)
    items, tight, loose = [], [], []
    with ProcessPoolExecutor() as pool:
        for k, (item, t, l) in enumerate(pool.map(pairs_of, enumerate(s for _, s in sounds), chunksize=16)):
            items.append(item)
            tight.append(t)
            loose.append(l)
            if k % 500 == 499:
                print(f"{k + 1} of {len(sounds)} sounds imitated", flush=True)
    with open(work / "pairs.new", "wb") as file:
        pickle.dump({"families": [f for f, _ in sounds], "items": items, "tight": tight, "loose": loose}, file)
    (work / "pairs.new").rename(work / "pairs.pickle")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

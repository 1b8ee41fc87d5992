"""Makes the training pairs: sounds, recorded and made up, and imitations of each in all kinds.

python make_pairs.py WORK_FOLDER [--procedural 110] [--recordings N] [--variants 2] [--of-each 1] [--processes N]
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import pickle
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

import collect
import features
import imitate
import kinds
import procedural
import sources
from kept_apart import FAMILIES


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
    """(family, samples) of the `k`th sound of a procedural family."""
    index, family, k = job
    return family, procedural.make(family, np.random.default_rng([index, k]))


def some(recorded: list[tuple[str, np.ndarray]], count: int | None) -> list[tuple[str, np.ndarray]]:
    """So many of the recordings of what is heard in training, from all over the list; all of them for None."""
    heard = [(family, samples) for family, samples in recorded if family not in FAMILIES]
    if count is None or count >= len(heard):
        return heard
    return [heard[k * len(heard) // count] for k in range(count)]


def all_sounds(recorded: list[tuple[str, np.ndarray]], of_family: int, of_recording: int, pool: ProcessPoolExecutor) -> list[tuple[str, np.ndarray]]:
    """(family, samples): so many of each procedural family, so many variants of each recording."""
    made = [(index, family, k) for index, family in enumerate(procedural.FAMILIES) if family not in FAMILIES for k in range(of_family)]
    out = list(pool.map(made_up, made, chunksize=32))
    rng = np.random.default_rng(7)
    for family, samples in recorded:
        out += [(family, samples if k == 0 else variant(samples, rng)) for k in range(of_recording)]
    return [(f, s) for f, s in out if sources.is_audible(s)]


def pack(samples: np.ndarray) -> np.ndarray:
    """The encoder's input in a byte a value; the rows of contours lie in -1 … 1."""
    x = features.encoder_input(features.analyze(samples))
    x[features.BANDS :] = (x[features.BANDS :] + 1) / 2
    return np.round(255 * np.clip(x, 0, 1)).astype(np.uint8)


def pairs_of(job: tuple[int, np.ndarray, int]) -> tuple[np.ndarray, dict[str, list[np.ndarray]]]:
    """A sound's encoder input, and those of its imitations by kind."""
    index, samples, of_each = job
    imitations: dict[str, list[np.ndarray]] = {}
    for k, kind in enumerate(kinds.KINDS):
        imitations[kind] = []
        for n in range(of_each):
            rng = np.random.default_rng([11, index, k, n])
            made = kinds.imitation(rng, kind, samples, _cast[0])
            while not sources.is_audible(made):  # somebody who hears no event at all tries again
                made = kinds.imitation(rng, kind, samples, _cast[0])
            imitations[kind].append(pack(made))
    return pack(samples), imitations


_cast: list[kinds.Cast] = []


def main(work: Path, of_family: int, recordings: int | None, of_recording: int, of_each: int, processes: int | None) -> None:
    """Writes `WORK_FOLDER/pairs.pickle`: families, items, and imitations by kind and sound, all as `pack` makes them."""
    collected = collect.read(work / "collected")
    _cast[:] = [collected.heard]
    with ProcessPoolExecutor(processes) as pool:
        sounds = all_sounds(some(collected.sounds, recordings), of_family, of_recording, pool)
    imitate.set_typical([imitate.listen(s) for _, s in sounds[::7]])
    imitate.set_responses(collected.responses)
    print(f"{len(sounds)} sounds, {len(_cast[0].voices)} voices, {len(_cast[0].bank)} words", flush=True)
    items, queries = [], {kind: [] for kind in kinds.KINDS}
    jobs = [(k, s, of_each) for k, (_, s) in enumerate(sounds)]
    # Forked only now: the processes know the cast, and what is typical.
    with ProcessPoolExecutor(processes) as pool:
        for k, (item, imitations) in enumerate(pool.map(pairs_of, jobs, chunksize=16)):
            items.append(item)
            for kind, made in imitations.items():
                queries[kind].append(made)
            if k % 500 == 499:
                print(f"{k + 1} of {len(sounds)} sounds imitated", flush=True)
    with open(work / "pairs.new", "wb") as file:
        pickle.dump({"families": [f for f, _ in sounds], "items": items, "queries": queries}, file)
    (work / "pairs.new").rename(work / "pairs.pickle")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("work", type=Path)
    parser.add_argument("--procedural", type=int, default=110, help="sounds of each procedural family")
    parser.add_argument("--recordings", type=int, help="recordings that are used, all of them unless given")
    parser.add_argument("--variants", type=int, default=2, help="sounds of each recording")
    parser.add_argument("--of-each", type=int, default=1, help="imitations of each kind, of each sound")
    parser.add_argument("--processes", type=int, help="all processors unless given")
    options = parser.parse_args()
    main(options.work, options.procedural, options.recordings, options.variants, options.of_each, options.processes)

"""Makes the training pairs: sounds, recorded and made up, and imitations of each in all kinds.

python make_pairs.py WORK_FOLDER [--procedural 110] [--recordings N] [--variants 2] [--of-each 1]
    [--minutes N] [--audio N] [--processes N]

Sounds are taken in an order that is drawn, so that what is made in so many minutes stands for all.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import pickle
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
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


#: Sounds of a file.
PART = 500


@dataclass
class Imitated:
    """A sound and its imitations."""

    item: np.ndarray  # as `pack` makes it
    imitations: dict[str, list[np.ndarray]]  # by kind, likewise
    audio: list[np.ndarray]  # the sound and imitations of two kinds, 16 bits at 16 kHz, where they are kept


def imitated(job: tuple[int, int, bool]) -> Imitated:
    """A sound's encoder input, and those of its imitations by kind."""
    index, of_each, keeps_audio = job
    samples = _sounds[index][1]
    imitations: dict[str, list[np.ndarray]] = {}
    audio = [samples] if keeps_audio else []
    kept = np.random.default_rng([12, index]).permutation(list(kinds.KINDS))[:2]
    for k, kind in enumerate(kinds.KINDS):
        imitations[kind] = []
        for n in range(of_each):
            rng = np.random.default_rng([11, index, k, n])
            made = kinds.imitation(rng, kind, samples, _cast[0])
            while not sources.is_audible(made):  # somebody who hears no event at all tries again
                made = kinds.imitation(rng, kind, samples, _cast[0])
            imitations[kind].append(pack(made))
        if keeps_audio and kind in kept:
            audio.append(made)
    return Imitated(pack(samples), imitations, [np.round(32767 * np.clip(x, -1, 1)).astype(np.int16) for x in audio])


#: What processes find in their memory when they are forked.
_cast: list[kinds.Cast] = []
_sounds: list[tuple[str, np.ndarray]] = []


def main(work: Path, options: argparse.Namespace) -> None:
    """Writes `WORK_FOLDER/pairs-NNN.pickle`: families, items, and imitations by kind and sound, all as `pack` makes
    them; `pairs-audio-NNN.pickle` where samples are kept; and `pairs` at the end."""
    start = time.time()
    collected = collect.read(work / "collected")
    _cast[:] = [collected.heard]
    with ProcessPoolExecutor(options.processes) as pool:
        sounds = all_sounds(some(collected.sounds, options.recordings), options.procedural, options.variants, pool)
        imitate.set_typical(list(pool.map(imitate.listen, [s for _, s in sounds[::7]], chunksize=16)))
    imitate.set_responses(collected.responses)
    _sounds[:] = sounds
    print(f"{len(sounds)} sounds, {len(_cast[0].voices)} voices, {len(_cast[0].bank)} words", flush=True)
    order = np.random.default_rng(17).permutation(len(sounds))
    jobs = [(int(k), options.of_each, n < options.audio) for n, k in enumerate(order)]
    part, written = Part(), 0
    # Forked only now: the processes know the cast, the sounds, and what is typical.
    with ProcessPoolExecutor(options.processes) as pool:
        for k, (job, made) in enumerate(zip(jobs, pool.map(imitated, jobs, chunksize=8), strict=False)):
            part.add(sounds[job[0]][0], made)
            is_over = options.minutes is not None and time.time() - start > 60 * options.minutes
            if len(part.families) == PART or is_over or k + 1 == len(jobs):
                part.write(work, written)
                part, written = Part(), written + 1
                print(f"{k + 1} of {len(sounds)} sounds imitated, {time.time() - start:.0f} s", flush=True)
            if is_over:
                pool.shutdown(wait=False, cancel_futures=True)
                break
    (work / "pairs").touch()


class Part:
    """Some of the sounds, in a file of their own."""

    def __init__(self) -> None:
        self.families: list[str] = []
        self.items: list[np.ndarray] = []
        self.queries: dict[str, list[list[np.ndarray]]] = {kind: [] for kind in kinds.KINDS}
        self.audio: list[tuple[str, list[np.ndarray]]] = []

    def add(self, family: str, made: Imitated) -> None:
        self.families.append(family)
        self.items.append(made.item)
        for kind, of_kind in made.imitations.items():
            self.queries[kind].append(of_kind)
        if made.audio:
            self.audio.append((family, made.audio))

    def write(self, work: Path, number: int) -> None:
        if self.audio:
            write(work / f"pairs-audio-{number:03d}.pickle", self.audio)
        write(work / f"pairs-{number:03d}.pickle", {"families": self.families, "items": self.items, "queries": self.queries})


def write(path: Path, content: object) -> None:
    """Writes a pickle, whole or not at all."""
    unfinished = path.with_suffix(".new")
    with open(unfinished, "wb") as file:
        pickle.dump(content, file, protocol=5)
    unfinished.rename(path)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("work", type=Path)
    parser.add_argument("--procedural", type=int, default=110, help="sounds of each procedural family")
    parser.add_argument("--recordings", type=int, help="recordings that are used, all of them unless given")
    parser.add_argument("--variants", type=int, default=2, help="sounds of each recording")
    parser.add_argument("--of-each", type=int, default=1, help="imitations of each kind, of each sound")
    parser.add_argument("--minutes", type=float, help="no more sounds are begun when so many are over")
    parser.add_argument("--audio", type=int, default=0, help="sounds whose samples are kept, for train_mobilenet.py")
    parser.add_argument("--processes", type=int, help="all processors unless given")
    parsed = parser.parse_args()
    main(parsed.work, parsed)

"""Gathers recorded sounds, voices and words, so that pairs can be made where there are no packages.

    python collect.py WORK_FOLDER

All of it is kept as Ogg Vorbis of a low rate: a machine with a graphics card may have no way to the
packages, and 60 MB can be carried there.
"""

from __future__ import annotations

import argparse
import json
import pickle
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from io import BytesIO
from itertools import groupby
from pathlib import Path

import numpy as np
import soundfile

import imitate
import kept_apart
import sources
import synthesis
from kinds import Cast
from procedural import RATE

SECONDS, PHRASES, CLIPS_A_VOICE = 4.5, 150, 25
#: Clips of speech that are kept of a voice, of those that its envelopes are learnt from.
SPOKEN = 8
#: libsndfile's: 0 is the largest file.
COMPRESSION = 0.85


@dataclass
class Collected:
    """What the pairs are made of."""

    sounds: list[tuple[str, np.ndarray]]  # (family, samples)
    heard: Cast  # voices of the training
    apart: Cast  # voices of the held-out sets
    responses: list[np.ndarray]  # of loudspeakers, microphones and a street


def load(job: tuple[str, Path]) -> tuple[str, np.ndarray | None]:
    """(family, samples), or None for the samples of a file that holds nothing."""
    family, path = job
    return family, sources.read(path, SECONDS)


def squeeze(clips: list[np.ndarray]) -> tuple[bytes, list[int]]:
    """Clips as one file of Ogg Vorbis, whose headers outweigh a short clip, and their lengths."""
    file = BytesIO()
    soundfile.write(file, np.concatenate(clips), RATE, format="OGG", subtype="VORBIS", compression_level=COMPRESSION)
    return file.getvalue(), [len(c) for c in clips]


def expand(content: bytes, lengths: list[int]) -> list[np.ndarray]:
    """The inverse of `squeeze`, nearly."""
    samples = soundfile.read(BytesIO(content), dtype="float32")[0]
    return np.split(samples, np.cumsum(lengths)[:-1])


def read(folder: Path) -> Collected:
    """What `main` has written."""
    index = json.loads((folder / "index.json").read_text())
    sounds = [(family, soundfile.read(folder / name, dtype="float32")[0]) for name, family in index]
    voices, bank = pickle.loads((folder / "voices.pickle").read_bytes())
    voices = {name: replace(v, clips=expand(*v.clips)) for name, v in voices.items()}
    bank = [replace(u, samples=samples) for words, squeezed in bank for u, samples in zip(words, expand(*squeezed), strict=True)]
    of = lambda apart: Cast(
        [v for name, v in sorted(voices.items()) if (name in kept_apart.VOICES) == apart],
        [u for u in bank if (u.voice in kept_apart.SYNTHESISERS) == apart],
    )
    return Collected(sounds, of(False), of(True), pickle.loads((folder / "responses.pickle").read_bytes()))


def main(work: Path) -> None:
    """Writes `WORK_FOLDER/collected`, whole or not at all."""
    packages = work / "packages"
    sources.check_synthesisers()
    sources.fetch(packages)
    target = work / "collected.new"
    target.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(3)
    clips = sources.voices(packages, work, CLIPS_A_VOICE)
    missing = kept_apart.VOICES - clips.keys()
    if missing:
        raise RuntimeError(f"Expected the voices that are kept apart but found none of {', '.join(sorted(missing))}")
    voices = {name: imitate.Voice.learn(of_voice, rng) for name, of_voice in clips.items()}
    voices = {name: replace(v, clips=squeeze(v.clips[:SPOKEN])) for name, v in voices.items()}
    by_voice = [list(words) for _, words in groupby(synthesis.said(work / "said", rng), key=lambda u: u.voice)]
    bank = [([replace(u, samples=None) for u in words], squeeze([u.samples for u in words])) for words in by_voice]
    (target / "voices.pickle").write_bytes(pickle.dumps((voices, bank)))
    # Not compressed: what a codec adds before a click would be heard in all that is convolved.
    (target / "responses.pickle").write_bytes(pickle.dumps([r.astype(np.float16) for r in sources.responses(packages)]))
    with ProcessPoolExecutor() as pool:
        sounds = [s for s in pool.map(load, sources.recorded(packages), chunksize=16) if s[1] is not None]
    sounds += list(sources.played(packages, work, rng, PHRASES))
    index = []
    for k, (family, samples) in enumerate(sounds):
        if not sources.is_audible(samples):
            continue
        name = f"{k:05d}.ogg"
        (target / name).write_bytes(squeeze([samples])[0])
        index.append((name, family))
    (target / "index.json").write_text(json.dumps(index))
    target.rename(work / "collected")
    print(f"{len(index)} sounds, {len(voices)} voices, {sum(len(words) for words, _ in bank)} words")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("work", type=Path)
    main(parser.parse_args().work)

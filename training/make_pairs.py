"""Makes the training pairs, and the held-out data sets in the challenge's layout.

    python make_pairs.py WORK_FOLDER
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import csv
import pickle
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import soundfile

import features
import imitate
import procedural
import sources

#: Never heard in training: whole families of sounds, voices, and a style.
HELD_OUT_FAMILIES = {"crow", "siren", "scraping", "water", "knocks", "laugh", "minetest-data", "tuxpaint-stamps-default", "sonic-pi-samples/loop", "lmms-common/effects", "gm/effects"}
HELD_OUT_VOICES = {"stamps-fr", "stamps-be", "klettres-hu", "klettres-ar", "klettres-en", "klettres-it", "espeak-f2", "espeak-m3"}
HELD_OUT_SETS = {"tight": "tight", "loose": "loose", "spoken": "spoken"}
A_FAMILY, A_FILE, PHRASES, PER_STYLE, HELD_OUT_PER_FAMILY = 110, 2, 150, 3, 12


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


def all_sounds(folder: Path) -> list[tuple[str, np.ndarray]]:
    jobs = [(index, family, k) for index, family in enumerate(procedural.FAMILIES) for k in range(A_FAMILY)]
    with ProcessPoolExecutor() as pool:
        out = list(pool.map(made_up, jobs, chunksize=32))
    rng = np.random.default_rng(7)
    for family, path in sources.recorded(folder / "packages"):
        samples = sources.read(path, 5)
        if samples is not None:
            out += [(family, samples if k == 0 else variant(samples, rng)) for k in range(A_FILE)]
    out += list(sources.played(folder / "packages", folder, rng, PHRASES))
    return [(f, s) for f, s in out if len(s) > 800 and np.std(s) > 1e-4]


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


def write_held_out(folder: Path, sounds: list[tuple[str, np.ndarray]], voices: dict[str, imitate.Voice]) -> None:
    """Data sets as the challenge has them, for `deno task compare`."""
    names = sorted(voices)
    for name, style in HELD_OUT_SETS.items():
        rng = np.random.default_rng([13, len(name)])
        root = folder / f"held-out-{name}"
        rows = [["Held-out set", "", "", "", "", ""], ["Label", "Class", "Items", "Query 1", "Query 2", "Query 3"]]
        counts: dict[str, int] = {}
        for family, samples in sounds:
            label = family.replace("/", "-")
            counts[label] = counts.get(label, 0) + 1
            base = f"{label}_{counts[label]:02d}"
            (root / "Items" / label).mkdir(parents=True, exist_ok=True)
            (root / "Queries" / label).mkdir(parents=True, exist_ok=True)
            soundfile.write(root / "Items" / label / f"{base}.wav", samples, procedural.RATE)
            heard = imitate.listen(samples)
            queries = []
            for k in (1, 2):
                voice = voices[names[rng.integers(len(names))]]
                query = imitate.imitate(rng, style, heard, voice)
                soundfile.write(root / "Queries" / label / f"{base}_q{k}.wav", query, procedural.RATE)
                queries.append(f"{base}_q{k}.wav")
            rows.append([f"{label} {counts[label]}", label, f"{base}.wav", *queries, ""])
        with open(root / "DEV Dataset.csv", "w", newline="") as file:
            csv.writer(file).writerows(rows)


def main(folder: Path) -> None:
    global _names
    sources.fetch(folder / "packages")
    rng = np.random.default_rng(3)
    print("voices", flush=True)
    voices = {name: imitate.Voice.learn(clips, rng) for name, clips in sources.voices(folder / "packages", folder, 25).items()}
    print("sounds", flush=True)
    sounds = all_sounds(folder)
    imitate.set_typical([imitate.listen(s) for _, s in sounds[::7]])
    held_out = [s for s in sounds if s[0] in HELD_OUT_FAMILIES]
    chosen: list[tuple[str, np.ndarray]] = []
    for family in sorted(HELD_OUT_FAMILIES):
        of_family = [s for s in held_out if s[0] == family]
        order = np.random.default_rng(5).permutation(len(of_family))[:HELD_OUT_PER_FAMILY]
        chosen += [of_family[i] for i in order]
    write_held_out(folder, chosen, {n: v for n, v in voices.items() if n in HELD_OUT_VOICES})
    sounds = [s for s in sounds if s[0] not in HELD_OUT_FAMILIES]
    _voices.update({n: v for n, v in voices.items() if n not in HELD_OUT_VOICES})
    _names = sorted(_voices)
    print(f"{len(sounds)} sounds, {len(_names)} voices; {len(chosen)} sounds held out", flush=True)
    items, tight, loose = [], [], []
    with ProcessPoolExecutor() as pool:
        for k, (item, t, l) in enumerate(pool.map(pairs_of, enumerate(s for _, s in sounds), chunksize=16)):
            items.append(item)
            tight.append(t)
            loose.append(l)
            if k % 500 == 499:
                print(f"{k + 1} of {len(sounds)} sounds imitated", flush=True)
    with open(folder / "pairs.new", "wb") as file:
        pickle.dump({"families": [f for f, _ in sounds], "items": items, "tight": tight, "loose": loose}, file)
    (folder / "pairs.new").rename(folder / "pairs.pickle")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

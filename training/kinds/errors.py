"""What people do wrong when they imitate: they stop early, repeat a typical part, miscount events,
exaggerate glides, slip by an octave, and breathe."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from procedural import RATE, Rng, band

if TYPE_CHECKING:
    from imitate import Heard

#: Loudness is looked at in pieces of so many samples.
BLOCK = 320


def _levels(sound: np.ndarray) -> np.ndarray:
    """dB of each block of 20 ms, from the loudest [blocks]."""
    count = max(1, len(sound) // BLOCK)
    power = (np.resize(sound, (count, BLOCK)) ** 2).mean(1)
    return 10 * np.log10(power / (power.max() + 1e-12) + 1e-9)


def pieces(sound: np.ndarray, gap: float = 18.0) -> list[tuple[int, int]]:
    """Stretches of samples between which the sound falls by `gap` dB for 40 ms or more."""
    loud = _levels(sound) > -gap
    edges = np.flatnonzero(np.diff(np.concatenate([[0], loud.astype(int), [0]])))
    out: list[tuple[int, int]] = []
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        if out and first - out[-1][1] < 2:
            out[-1] = (out[-1][0], int(last))
        else:
            out.append((int(first), int(last)))
    return [(a * BLOCK, b * BLOCK) for a, b in out if b - a > 1] or [(0, len(sound))]


def _faded(part: np.ndarray) -> np.ndarray:
    n = min(160, len(part) // 4)
    out = part.copy()
    if n:
        out[:n] *= np.linspace(0, 1, n)
        out[-n:] *= np.linspace(1, 0, n)
    return out


def _repeat_typical(rng: Rng, sound: np.ndarray) -> np.ndarray:
    """Two to five times a part from about the loudest moment, instead of all."""
    peak = int(_levels(sound).argmax()) * BLOCK
    length = int(min(len(sound), rng.uniform(0.25, 1.2) * RATE))
    start = int(np.clip(peak - rng.uniform(0.1, 0.5) * length, 0, len(sound) - length))
    part = _faded(sound[start : start + length])
    rest = np.zeros(int(rng.uniform(0, 0.25) * RATE))
    return np.concatenate([np.concatenate([part, rest])] * int(rng.integers(2, 6)))[: len(sound)]


def _miscount(rng: Rng, sound: np.ndarray) -> np.ndarray:
    """One or two events too few or too many."""
    found = pieces(sound)
    if len(found) < 2:
        return sound
    chosen = list(found)
    for _ in range(int(rng.integers(1, 3))):
        k = int(rng.integers(len(chosen)))
        if rng.random() < 0.5 and len(chosen) > 1:
            chosen.pop(k)
        else:
            chosen.insert(k, chosen[k])
    gap = int(np.median([b[0] - a[1] for a, b in pairwise(found)]))
    parts = [np.concatenate([_faded(sound[a:b]), np.zeros(max(0, gap))]) for a, b in chosen]
    return np.concatenate(parts)[: int(1.5 * len(sound))]


def misremember(rng: Rng, sound: np.ndarray) -> np.ndarray:
    """The sound as it is remembered: cut short, a typical part of it again and again, or miscounted."""
    case = rng.random()
    if case < 0.12 and len(sound) > 1.5 * RATE:
        return _repeat_typical(rng, sound)
    if case < 0.27:
        return _miscount(rng, sound)
    if case < 0.37 and len(sound) > 1.2 * RATE:
        return sound[: int(max(RATE, rng.uniform(0.5, 1) * len(sound)))]
    return sound


def mishear(rng: Rng, heard: Heard) -> Heard:
    """Glides larger than they are, or an octave off for part of the time."""
    pitch = heard.pitch.copy()
    if rng.random() < 0.25:
        weight = heard.loudness * np.maximum(0, heard.periodicity - 0.4) + 1e-6
        pitch = pitch + rng.uniform(0.3, 1.2) * (pitch - (weight @ pitch) / weight.sum())
    if rng.random() < 0.12:
        start = int(rng.integers(0, len(pitch)))
        pitch[start : start + int(rng.integers(10, 120))] += rng.choice([-1, 1])
    return replace(heard, pitch=pitch)


def breathe(rng: Rng, imitated: np.ndarray) -> np.ndarray:
    """An audible breath before or after, now and then."""
    if rng.random() > 0.1:
        return imitated
    n = int(rng.uniform(0.2, 0.6) * RATE)
    air = band(rng.standard_normal(n), rng.uniform(300, 900), rng.uniform(2000, 5000), 1)
    air *= np.hanning(n) * rng.uniform(0.01, 0.12) * np.max(np.abs(imitated)) / (np.std(air) + 1e-9)
    rest = np.zeros(int(rng.uniform(0.02, 0.3) * RATE))
    parts = [air, rest, imitated] if rng.random() < 0.6 else [imitated, rest, air]
    return np.concatenate(parts)

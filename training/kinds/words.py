"""Onomatopoeia that synthesisers say: a word of the bank for each thing that happens, or one word
said plainly, whatever the timing."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy import signal

from kinds import errors
from procedural import RATE, Rng

#: Numbers that a word and a sound are matched by.
POINTS = 8


@dataclass
class Utterance:
    """What a synthesiser said."""

    voice: str
    text: str
    samples: np.ndarray  # at 16 kHz
    profile: np.ndarray  # see `profile_of`


def profile_of(samples: np.ndarray) -> np.ndarray:
    """Loudness and brightness at eight moments, noisiness, log duration [18]."""
    count = max(POINTS, len(samples) // 160)
    blocks = np.resize(np.pad(samples, (0, max(0, count * 160 - len(samples)))), (count, 160))
    level = 10 * np.log10((blocks**2).mean(1) + 1e-9)
    level = np.clip(1 + (level - level.max()) / 40, 0, 1)
    crossings = (np.diff(np.signbit(blocks).astype(int), axis=1) != 0).mean(1)
    brightness = np.log2(crossings + 0.005) / 3
    moments = np.linspace(0, count, POINTS + 1).astype(int)
    means = lambda x: np.array([x[a : max(a + 1, b)].mean() for a, b in pairwise(moments)])
    rough = float(np.abs(np.diff(crossings)).mean())
    return np.concatenate([means(level), means(brightness * level), [4 * rough, 0.5 * np.log2(len(samples) / RATE + 0.02)]])


def _stretch(rng: Rng, x: np.ndarray, factor: float) -> np.ndarray:
    """Longer or shorter at the same pitch: windows are laid where they fit best (WSOLA, W. Verhelst 1993)."""
    size, step, slack = 640, 320, 200
    if len(x) < 2 * size:
        return x
    out = np.zeros(int(len(x) * factor) + size)
    window = np.hanning(size)
    previous = 0
    for start in range(0, len(out) - size, step):
        wanted = int(start / factor)
        low, high = max(0, wanted - slack), min(len(x) - size, wanted + slack)
        if high <= low:
            at = max(0, min(len(x) - size, wanted))
        else:
            follows = x[min(previous + step, len(x) - size) :][:size]
            at = low + int(np.argmax(signal.correlate(x[low : high + size], follows, "valid")[: high - low + 1]))
        out[start : start + size] += window * x[at : at + size]
        previous = at
    return out


def imitate(rng: Rng, sound: np.ndarray, bank: list[Utterance]) -> np.ndarray:
    """Says words of the bank in one voice, for what happens in samples at 16 kHz [samples]."""
    one = bank[rng.integers(len(bank))].voice
    own = [u for u in bank if u.voice == one]
    own = [own[i] for i in rng.permutation(len(own))[: int(rng.integers(8, 60))]]
    speed = 2 ** rng.uniform(-0.25, 0.35)
    plain = rng.random() < 0.15
    found = [(0, len(sound))] if plain else errors.pieces(sound, rng.uniform(8, 25))[: int(rng.integers(3, 16))]
    tempo = np.exp(rng.uniform(-0.3, 0.25))
    out = np.zeros(int(len(sound) * tempo) + 4 * RATE)
    weights = np.concatenate([np.full(POINTS, 1.0), np.full(POINTS, 1.5), [0.7, 0.2]])
    last, best = -1, own[0]
    sticky = rng.random() < 0.5  # the same word for all that happens
    for k, (a, b) in enumerate(found):
        if k == 0 or not sticky:
            wanted = profile_of(sound[a:b])
            costs = [weights @ np.abs(u.profile - wanted) + 0.3 * rng.random() for u in own]
            best = own[int(np.argmin(costs))]
        said = np.interp(np.arange(0, len(best.samples) - 1, speed), np.arange(len(best.samples)), best.samples)
        if not plain:
            said = _stretch(rng, said, float(np.clip((b - a) * tempo / len(said), 0.5, 3)))
            peak = np.max(np.abs(sound[a:b])) / (np.max(np.abs(sound)) + 1e-9)
            said = said * np.clip(peak ** rng.uniform(0.3, 1), 0.1, 1)
        first = max(last, int((a - found[0][0]) * tempo))
        part = said[: len(out) - first]
        out[first : first + len(part)] += part
        last = first + len(part)
    return out[: max(last, 800)]

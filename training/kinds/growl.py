"""Growls, creaks and fry: a larynx whose pulses come slowly, irregularly or in unequal pairs.

Each pulse rings in the formants of the throat (grains of damped sines: X. Rodet, "Time-domain
formant-wave-function synthesis", 1984), so there are no filters and no spectral envelopes here.
"""

from __future__ import annotations

import numpy as np

import features
from procedural import RATE, Rng, log_uniform

#: Samples of a grain, 30 ms.
GRAIN = 480


def _vowel(openness: float, frontness: float, scale: float) -> np.ndarray:
    """Four formants in Hz, of a mouth more or less open and a tongue more or less in front."""
    return scale * np.array([280 + 500 * openness, 750 + 1500 * frontness, 2300 + 500 * frontness, 3500.0])


def _grain(rng: Rng, formants: np.ndarray, widths: np.ndarray, levels: np.ndarray) -> np.ndarray:
    t = np.arange(GRAIN) / RATE
    rings = np.exp(-np.pi * widths[:, None] * t) * np.sin(2 * np.pi * formants[:, None] * t)
    return levels @ rings * np.minimum(1, t * 2500)


def imitate(rng: Rng, sound: np.ndarray) -> np.ndarray:
    """Pulses that follow the loudness and pitch of samples at 16 kHz [samples]."""
    a = features.analyze(sound)
    frames = len(a)
    loud = a.loudness()
    tonal = a.periodicity > 0.5
    # The rate of the pulses: the sound's pitch brought down, or simply as fast as it is loud.
    middle = np.median(a.pitch[tonal]) if tonal.sum() > 5 else 8.0
    base = np.log2(log_uniform(rng, 28, 110))
    if tonal.mean() > 0.3 and rng.random() < 0.75:
        known = np.flatnonzero(tonal)
        line = np.interp(np.arange(frames), known, a.pitch[known]) - middle
        rate = base + np.clip(rng.uniform(0.3, 1.2) * line, -0.8, 1.2)
    else:
        rate = base + rng.uniform(0, 0.9) * (loud - loud.mean()) + rng.uniform(0, 0.4) * (a.brightness - a.brightness.mean())
    frontness = np.clip(0.5 + rng.uniform(0.1, 0.35) * (a.brightness - a.brightness.mean()) + rng.uniform(-0.4, 0.4), 0, 1)
    openness = np.clip(loud * rng.uniform(0.5, 1.2), 0, 1)
    tempo = np.exp(rng.uniform(-0.3, 0.3))
    seconds = float(np.clip(frames * 0.01 * tempo, 0.15, 6))
    at = lambda line, time: float(np.interp(time / seconds * (frames - 1), np.arange(frames), line))
    out = np.zeros(int(seconds * RATE) + GRAIN)
    jitter, shimmer = log_uniform(rng, 0.01, 0.25), rng.uniform(0, 0.5)
    pairs = rng.choice([0, 0, 0.5, 0.8])  # every second pulse weaker and later by so much
    scale = log_uniform(rng, 0.8, 1.2)
    widths = np.array([70, 100, 150, 250]) * log_uniform(rng, 0.7, 2.5)
    levels = np.array([1, 0.7, 0.45, 0.25]) * np.exp(0.4 * rng.standard_normal(4))
    floor = rng.uniform(0.05, 0.3)
    power = rng.uniform(0.8, 2)
    now, odd = 0.0, False
    while now < seconds:
        loudness = at(loud, now)
        period = 2 ** -at(rate, now) * np.exp(jitter * rng.standard_normal())
        period *= 1 + (0.25 if odd else -0.25) * pairs
        if loudness > floor:
            grain = _grain(rng, _vowel(at(openness, now), at(frontness, now), scale), widths, levels)
            strength = loudness**power * (1 - pairs * odd) * np.exp(shimmer * rng.standard_normal())
            first = int(now * RATE)
            out[first : first + GRAIN] += strength * grain
        now += float(np.clip(period, 0.002, 0.12))
        odd = not odd
    # Breath that the pulses chop.
    swell = np.interp(np.arange(len(out)), np.linspace(0, len(out) - 1, frames), np.where(loud > floor, loud, 0) ** power)
    return out / (np.max(np.abs(out)) + 1e-9) + rng.uniform(0, 0.15) * swell * rng.standard_normal(len(out))

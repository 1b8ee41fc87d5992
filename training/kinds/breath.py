"""Whispers and breath: no larynx at all, air through lips, teeth and an open mouth."""

from __future__ import annotations

import numpy as np
from scipy import signal

from procedural import RATE, Rng, log_uniform, noise

#: Bands of half an octave that the sound is listened to in, Hz.
EDGES = 125 * 2 ** (np.arange(13) / 2)
#: Samples of a block, 16 ms.
BLOCK = 256
#: Openings of the mouth from the darkest noise to the brightest: resonances in Hz and their widths.
MOUTHS = [
    ((350, 800, 2300), 0.3),  # a whispered "oo"
    ((550, 1000, 2500), 0.3),  # "oh"
    ((750, 1300, 2600), 0.3),  # "ah"
    ((450, 1800, 2600), 0.3),  # "eh"
    ((300, 2200, 3000), 0.3),  # "ee"
    ((1200, 1700, 3200), 0.5),  # "ch" as in "loch"
    ((2000, 2700, 4200), 0.4),  # "sh"
    ((2600, 4500, 6500), 0.9),  # "f"
    ((4800, 5800, 7200), 0.3),  # "s"
]


def _bands(sound: np.ndarray) -> np.ndarray:
    """Energy in each band, block by block [blocks, 12]."""
    count = max(4, len(sound) // BLOCK)
    blocks = np.resize(np.pad(sound, (0, max(0, count * BLOCK - len(sound)))), (count, BLOCK))
    power = np.abs(np.fft.rfft(blocks * np.hamming(BLOCK), 1024)) ** 2
    at = np.searchsorted(EDGES, np.fft.rfftfreq(1024, 1 / RATE)) - 1
    return np.stack([power[:, at == k].sum(1) for k in range(12)], 1)


def _blown(rng: Rng, count: int, mouth: tuple[tuple[int, int, int], float], scale: float) -> np.ndarray:
    """Air through one opening, of deviation 1."""
    centers, width = mouth
    air = noise(rng, count, rng.uniform(-1, 4))
    out = 0.02 * air
    for k, center in enumerate(centers):
        f = min(7500.0, center * scale * np.exp(0.06 * rng.standard_normal()))
        b, a = signal.iirpeak(f, 1 / width, fs=RATE)
        out = out + rng.uniform(0.5, 1) * 0.8**k * signal.lfilter(b, a, air)
    return out / (np.std(out) + 1e-9)


def imitate(rng: Rng, sound: np.ndarray) -> np.ndarray:
    """Breath that follows the loudness and brightness of samples at 16 kHz [samples]."""
    bands = _bands(sound)
    energy = bands.sum(1) + 1e-9
    loud = np.clip(1 + 10 * np.log10(energy / energy.max()) / rng.uniform(30, 50), 0, 1)
    place = (bands @ np.arange(12)) / energy
    mean = (energy @ place) / energy.sum()
    # Where in the row of mouths: by how bright the sound is, and how it changes.
    contrast = rng.uniform(0.3, 1.5)
    where = rng.uniform(0.35, 0.9) * (mean - 5.5) + 4 + rng.uniform(-1.5, 1.5) + contrast * (place - mean)
    where = np.clip(where, 0, len(MOUTHS) - 1)
    tempo = np.exp(rng.uniform(-0.35, 0.3))
    blocks = int(np.clip(len(loud) * tempo, 8, 380))
    at = np.linspace(0, len(loud) - 1, blocks)
    loud, where = (np.interp(at, np.arange(len(at_of)), at_of) for at_of in (loud, where))
    smooth = signal.windows.hann(int(rng.integers(3, 14)))
    where = np.convolve(np.pad(where, len(smooth), mode="edge"), smooth / smooth.sum(), "same")[len(smooth) : -len(smooth)]
    few = rng.random() < 0.6
    if few:  # a lazy mouth has two or three positions
        where = np.round(where / 2) * 2
    sharpness = signal.windows.hann(int(rng.integers(3, 9)))
    loud = np.convolve(loud, sharpness / sharpness.sum(), "same")
    loud = loud / (loud.max() + 1e-9)
    if loud.min() > 0.55 and rng.random() < 0.5:
        # "Shhh, shhh": a steady noise is blown in puffs, since breath runs out.
        puff = rng.uniform(0.3, 1.2) * RATE / BLOCK
        loud = loud * np.clip(1.6 * np.abs(np.sin(np.pi * np.arange(blocks) / puff)), 0, 1)
    gain = np.where(loud > 0.03, 10 ** ((loud - 1) * rng.uniform(25, 40) / 20), 0)
    count = blocks * BLOCK
    x = np.arange(count) / BLOCK
    position = np.interp(x, np.arange(blocks), where)
    scale = log_uniform(rng, 0.85, 1.2)
    out = np.zeros(count)
    for k, mouth in enumerate(MOUTHS):
        share = np.clip(1 - np.abs(position - k), 0, 1)
        if share.any():
            out += np.sqrt(share) * _blown(rng, count, mouth, scale)
    out *= np.interp(x, np.arange(blocks), gain)
    if rng.random() < 0.5:
        # "Tsss": where it begins suddenly the tongue lets go.
        for k in np.flatnonzero(np.diff(gain, prepend=0) > 0.35):
            n = int(rng.uniform(0.004, 0.02) * RATE)
            part = out[k * BLOCK : k * BLOCK + n]
            part += rng.uniform(0.5, 2) * rng.standard_normal(len(part)) * np.exp(-4 * np.arange(len(part)) / n)
    if rng.random() < 0.25:
        # In and out: every second stroke is drawn in, darker.
        dark = signal.sosfilt(signal.butter(1, 1500, fs=RATE, output="sos"), out)
        turn = np.sin(2 * np.pi * np.arange(count) / RATE / rng.uniform(0.6, 2)) > 0
        out = np.where(turn, out, 1.5 * dark)
    return out

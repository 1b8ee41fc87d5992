"""Whistling and humming: one clear line, the strongest partial that somebody hears in the sound."""

from __future__ import annotations

import numpy as np
from scipy import signal

from procedural import RATE, Rng, log_uniform

N_FFT, HOP = 1024, 160


def _ridge(sound: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """log2 Hz of the strongest partial and the sound's amplitude, every 10 ms.

    The path of partials is the cheapest one (Viterbi), where a jump of an octave costs as much as
    12 dB.
    """
    padded = np.pad(sound, (N_FFT // 2, N_FFT // 2 + HOP))
    _, _, spectra = signal.stft(padded, RATE, "hann", N_FFT, N_FFT - HOP, boundary=None)
    power = np.abs(spectra) ** 2
    # 60 steps of a sixth of a tone octave by octave from 150 to 4800 Hz.
    centers = np.log2(150) + np.arange(60) / 12
    bins = np.clip(np.round(2**centers * N_FFT / RATE).astype(int), 1, N_FFT // 2)
    strength = 10 * np.log10(power[bins] + 1e-9 * power.max() + 1e-15).T
    strength += 3 * (centers - 9)  # the ear's, roughly
    cost = np.abs(np.arange(60)[:, None] - np.arange(60)[None]) * 1.0
    score, back = strength[0], []
    for row in strength[1:]:
        moves = score[:, None] - cost
        back.append(moves.argmax(0))
        score = moves.max(0) + row
    path = [int(score.argmax())]
    for step in reversed(back):
        path.append(int(step[path[-1]]))
    line = centers[np.array(path[::-1])]
    amplitude = np.sqrt(power.sum(0))
    return line, amplitude / (amplitude.max() + 1e-12)


def imitate(rng: Rng, sound: np.ndarray) -> np.ndarray:
    """Whistles or hums the clearest line of samples at 16 kHz [samples]."""
    line, amplitude = _ridge(sound)
    whistles = rng.random() < 0.5
    # Into the range of the lips, or of the larynx.
    middle = np.average(line, weights=amplitude + 1e-6)
    center = np.log2(log_uniform(rng, 900, 2000) if whistles else log_uniform(rng, 95, 320))
    center += np.clip(rng.uniform(0, 0.3) * (middle - 9.5), -0.4, 0.4)
    span = 1.1 if whistles else 0.9
    shape = span * np.tanh(rng.uniform(0.4, 1.3) * (line - middle) / span)
    if rng.random() < 0.3:
        # Sings notes, where the sound only glides.
        shape = np.round(shape * 6) / 6
    if rng.random() < 0.15:
        shape = shape + np.where(np.arange(len(shape)) > rng.integers(len(shape)), rng.choice([-1, 1]) * 0.5, 0)
    stretch = np.exp(rng.uniform(-0.3, 0.3))
    frames = int(np.clip(len(line) * stretch, 12, 600))
    at = np.linspace(0, len(line) - 1, frames)
    pitch = center + np.interp(at, np.arange(len(line)), shape)
    glide = rng.uniform(0.55, 0.9)
    pitch = signal.lfilter([1 - glide], [1, -glide], pitch, zi=[glide * pitch[0]])[0]
    loud = np.interp(at, np.arange(len(line)), amplitude) ** rng.uniform(0.35, 0.9)
    slow = rng.uniform(0.2, 0.75)
    loud = signal.filtfilt([1 - slow], [1, -slow], loud, padlen=min(9, frames - 1))
    loud = np.where(loud < rng.uniform(0.05, 0.25) * loud.max(), 0, loud)
    if rng.random() < 0.4:
        # A new tongue stroke ("du du") at each rise.
        rise = np.flatnonzero((loud[1:-1] - loud[:-2] > 0.06) & (loud[2:] > loud[1:-1]))
        for k in rise:
            loud[max(0, k - 2) : k + 1] *= 0.2
    count = frames * HOP
    x = np.arange(count) / HOP
    vibrato = rng.choice([0, 0.02, 0.05]) * np.sin(2 * np.pi * rng.uniform(4, 7) * np.arange(count) / RATE)
    hertz = 2 ** (np.interp(x, np.arange(frames), pitch) + vibrato)
    phase = 2 * np.pi * np.cumsum(hertz) / RATE
    air = rng.standard_normal(count)
    if whistles:
        out = np.sin(phase) + rng.uniform(0, 0.08) * np.sin(2 * phase)
        out = out + rng.uniform(0.02, 0.4) * signal.sosfilt(signal.butter(1, [800, 4000], "band", fs=RATE, output="sos"), air)
    else:
        # Lips closed: the nose lets through a murmur, little above 1 kHz.
        tilt = rng.uniform(8, 16)
        out = sum(10 ** (-tilt * np.log2(k) / 20) * np.sin(k * phase + k) * (hertz * k < 7000) for k in range(1, 16))
        b, a = signal.iirpeak(rng.uniform(220, 320), rng.uniform(1, 3), fs=RATE)
        out = out + 2 * signal.lfilter(b, a, out) + rng.uniform(0, 0.05) * air
    return out * np.interp(x, np.arange(frames), loud)

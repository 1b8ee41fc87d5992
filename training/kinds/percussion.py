"""Vocal percussion: kicks, snares, hats, clicks of the tongue, lip and tongue rolls, in place of
what happens in a sound."""

from __future__ import annotations

import numpy as np
from scipy import signal

from procedural import RATE, Rng, log_uniform

HOP = 128  # 8 ms


def _onsets(sound: np.ndarray, threshold: float) -> list[tuple[int, float, float]]:
    """(sample, strength in 0 … 1, brightness as log2 Hz) of each rise of the spectrum."""
    _, _, spectra = signal.stft(sound, RATE, "hann", 512, 512 - HOP)
    log = np.log1p(200 * np.abs(spectra) / (np.abs(spectra).max() + 1e-9))
    flux = np.maximum(0, log[:, 2:] - log[:, :-2]).sum(0)
    flux = np.concatenate([[flux[0] if len(flux) else 0], flux])
    flux = flux / (flux.max() + 1e-9)
    around = signal.medfilt(flux, 15) if len(flux) > 15 else 0 * flux
    peaks, _ = signal.find_peaks(np.pad(flux - around, 1), height=threshold, distance=6)
    frequency = np.log2(np.fft.rfftfreq(512, 1 / RATE) + 60)
    out = []
    for p in peaks - 1:
        spectrum = (np.abs(spectra[:, p : p + 6]) ** 2).sum(1) + 1e-12
        out.append((int(p * HOP), float(flux[p]), float((spectrum @ frequency) / spectrum.sum())))
    return out


def _hit(rng: Rng, mouth: np.random.Generator, brightness: float, room: float) -> np.ndarray:
    """One stroke of the mouth; `mouth` says how this person makes it, the same every time."""
    n = int(np.clip(room, 0.03, 0.5) * RATE)
    t = np.arange(n) / RATE
    air = rng.standard_normal(n)
    kind = brightness + 0.25 * rng.standard_normal()
    if kind < 8.6:  # "b", "boom": lips, and a throat that falls
        low, fall = mouth.uniform(55, 110), mouth.uniform(0.02, 0.08)
        body = np.sin(2 * np.pi * np.cumsum(low * (1 + 2 * np.exp(-t / fall))) / RATE)
        out = body * np.exp(-t / mouth.uniform(0.05, 0.2)) + 0.5 * air * np.exp(-t / 0.008)
    elif kind < 9.8:  # "d", "dng", a click of the tongue in a hollow mouth
        f = mouth.uniform(500, 1500)
        out = np.sin(2 * np.pi * f * t) * np.exp(-t / mouth.uniform(0.008, 0.04)) + 0.2 * air * np.exp(-t / 0.01)
        f0 = mouth.uniform(100, 250)
        out += mouth.choice([0, 0.6]) * signal.sawtooth(2 * np.pi * f0 * t) * np.exp(-t / 0.08)
    elif kind < 11.0:  # "k", "pf", "psh"
        low = mouth.uniform(900, 2200)
        sos = signal.butter(2, [low, low * mouth.uniform(1.8, 3)], "band", fs=RATE, output="sos")
        out = 2 * signal.sosfilt(sos, air) * np.exp(-t / mouth.uniform(0.03, 0.14))
    else:  # "t", "ts"
        sos = signal.butter(2, mouth.uniform(3500, 5500), "high", fs=RATE, output="sos")
        out = signal.sosfilt(sos, air) * np.exp(-t / mouth.uniform(0.015, 0.16))
    return out / (np.max(np.abs(out)) + 1e-9)


def _roll(rng: Rng, n: int, brightness: float) -> np.ndarray:
    """Lips ("brrr") or tongue ("rrrr") that flutter, so many samples: what is steady can't be struck."""
    rate = log_uniform(rng, 14, 32) * (1 + 0.1 * signal.lfilter([0.001], [1, -0.999], rng.standard_normal(n)) * 20)
    beat = np.cumsum(np.clip(rate, 8, 45)) / RATE % 1
    flutter = np.exp(-rng.uniform(2, 7) * beat)
    voiced = signal.sawtooth(2 * np.pi * np.cumsum(np.full(n, log_uniform(rng, 80, 220))) / RATE)
    center = float(np.clip(2**brightness, 250, 4000))
    b, a = signal.iirpeak(center, rng.uniform(0.7, 2), fs=RATE)
    source = rng.uniform(0, 1) * voiced + rng.uniform(0.2, 1) * rng.standard_normal(n)
    return flutter * (0.2 * source + signal.lfilter(b, a, source))


def _swell(sound: np.ndarray) -> np.ndarray:
    """Amplitude of the sound every 8 ms, 1 at its loudest."""
    out = np.sqrt(signal.filtfilt([0.25], [1, -0.75], np.pad(sound, (0, HOP * 6)) ** 2)[::HOP].clip(0))
    return out / (out.max() + 1e-9)


def imitate(rng: Rng, sound: np.ndarray) -> np.ndarray:
    """Strokes of the mouth at what begins in samples at 16 kHz, or a roll where nothing does [samples]."""
    struck = _onsets(sound, rng.uniform(0.08, 0.3))
    tempo = np.exp(rng.uniform(-0.3, 0.25))
    mouth_seed = int(rng.integers(1 << 31))
    length = int(min(6, len(sound) / RATE * tempo + 0.3) * RATE)
    swell = _swell(sound)
    steady = float((swell > 0.35).mean())
    level = lambda count: np.interp(np.linspace(0, len(swell) - 1, count), np.arange(len(swell)), swell)
    out = np.zeros(length)
    if len(struck) < 2 or (steady > 0.6 and rng.random() < 0.7):
        bright = np.mean([b for _, _, b in struck]) if struck else 10.0
        roll = _roll(rng, length, float(bright))
        out += rng.uniform(0.4, 1) * roll / (np.max(np.abs(roll)) + 1e-9) * level(length) ** rng.uniform(0.5, 1.2)
        if rng.random() < 0.4:
            struck = []
    if len(struck) > 3 and rng.random() < 0.25:
        # Falls into a beat of its own, about as fast.
        beat = float(np.median(np.diff([s for s, _, _ in struck])))
        struck = [(int(struck[0][0] + k * beat), s, b) for k, (_, s, b) in enumerate(struck)]
    exaggerates = rng.uniform(0.7, 1.6)
    middle = np.mean([b for _, _, b in struck]) if struck else 0.0
    offset = rng.uniform(-0.5, 0.5)
    for k, (start, strength, bright) in enumerate(struck[: int(rng.integers(6, 40))]):
        following = struck[k + 1][0] if k + 1 < len(struck) else len(sound)
        at = int(start * tempo + 0.015 * RATE * rng.standard_normal())
        hit = _hit(rng, np.random.default_rng(mouth_seed), middle + exaggerates * (bright - middle) + offset, (following - start) / RATE * tempo)
        near = float(swell[min(len(swell) - 1, start // HOP + 3)])
        hit = hit * np.clip(0.5 * strength + 0.7 * near + 0.1 * rng.standard_normal(), 0.1, 1)
        at = max(0, at)
        part = hit[: max(0, length - at)]
        out[at : at + len(part)] += part
    return out + 1e-6 * rng.standard_normal(length)

"""What the encoder hears, as `lib/models/vocal_search/` computes it in TypeScript: the two must agree."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import fft

RATE = 16000
N_FFT, WINDOW, HOP = 1024, 640, 160
BANDS, ROWS = 64, 4
#: Two analysis frames make one frame of the encoder: 20 ms.
STEP = 2
#: Frames that the encoder hears at most: 4 s.
MAX_FRAMES = 200
#: Beginnings of a sound are no shorter than this, in analysis frames: a second.
SHORTEST = 100
#: Analysis frames this far below the loudest are silence; mel values are clipped further down, in dB.
SILENCE, FLOOR = 45.0, 60.0

_window = (0.5 - 0.5 * np.cos(2 * np.pi * (np.arange(WINDOW) + 0.5) / WINDOW)).astype(np.float32)
_window_correlation = np.fft.irfft(np.abs(np.fft.rfft(_window, N_FFT)) ** 2)[: N_FFT // 2]


def mel_filters() -> np.ndarray:
    """Triangles of equal width on the mel scale (O'Shaughnessy) from 60 to 8000 Hz [64, 513]."""
    points = np.linspace(*(2595 * np.log10(1 + np.array([60, 8000]) / 700)), BANDS + 2)
    edges = 700 * (10 ** (points / 2595) - 1)
    f = np.arange(N_FFT // 2 + 1) * RATE / N_FFT
    rising = (f - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - f) / (edges[2:] - edges[1:-1])[:, None]
    return np.maximum(0, np.minimum(rising, falling))


_mel = mel_filters()


@dataclass
class Analysis:
    """A sound, every 10 ms, silence at both ends cut off."""

    level: np.ndarray
    periodicity: np.ndarray
    pitch: np.ndarray
    brightness: np.ndarray
    mel: np.ndarray
    first: int  # the frame of the samples that frame 0 is

    def __len__(self) -> int:
        return len(self.level)

    def loudness(self) -> np.ndarray:
        return np.maximum(0, 1 + (self.level - self.level.max()) / SILENCE)


def floor_of(level: np.ndarray) -> float:
    """What counts as silence at the ends: far below the loudest frame, or hardly above the noise."""
    peak = level.max()
    heard = np.sort(level[level > peak - 60])
    return float(max(peak - SILENCE, min(heard[len(heard) // 10] + 8, peak - 20)))


def surround(samples: np.ndarray) -> np.ndarray:
    """From the first to the last audible sample, with silence around, so that its place does not matter."""
    audible = np.flatnonzero(np.abs(samples) > np.max(np.abs(samples)) * 10 ** (-SILENCE / 20))
    return np.pad(samples[audible[0] : audible[-1] + 1], WINDOW - HOP) if len(audible) else samples


def analyze(samples: np.ndarray) -> Analysis:
    """Describes the first 10 s of samples at 16 kHz, every 10 ms."""
    a = describe(surround(samples[: 10 * RATE]))
    audible = np.flatnonzero(a.level > floor_of(a.level))
    cut = slice(audible[0], audible[-1] + 1)
    return Analysis(
        a.level[cut], a.periodicity[cut], a.pitch[cut], a.brightness[cut], a.mel[cut], int(audible[0])
    )  # fmt: skip


def describe(samples: np.ndarray) -> Analysis:
    """Describes samples at 16 kHz, every 10 ms, silence and all."""
    count = max(1, 1 + (len(samples) - WINDOW) // HOP)
    padded = np.pad(samples, (0, max(0, WINDOW + (count - 1) * HOP - len(samples))))
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP][:count] * _window
    power = np.abs(fft.rfft(frames, N_FFT)) ** 2
    heard = power[:, 5:]
    energy = 1e-9 + heard.sum(1)
    brightness = (heard * np.log2(np.arange(5, N_FFT // 2 + 1))).sum(1) / energy
    level = 10 * np.log10(energy)
    correlation = fft.irfft(power)[:, : N_FFT // 2]
    normal = correlation / (correlation[:, :1] + 1e-9 / N_FFT) / (_window_correlation / _window_correlation[0])
    lags = np.arange(RATE // 1000, int(RATE / 70) + 1)
    peak = (correlation[:, lags] >= correlation[:, lags - 1]) & (correlation[:, lags] >= correlation[:, lags + 1])
    best, best_lag = np.zeros(count), np.ones(count)
    for k, lag in enumerate(lags):
        better = peak[:, k] & (normal[:, lag] > best + 0.02)
        best = np.where(better, normal[:, lag], best)
        best_lag = np.where(better, lag, best_lag)
    return Analysis(level, np.clip(best, 0, 1), np.log2(RATE / best_lag), brightness, power @ _mel.T, 0)


def encoder_input(a: Analysis) -> np.ndarray:
    """64 log-mel bands in 0 … 1, then loudness, periodicity, pitch, brightness [68, frames ≤ 200]."""
    loudness = a.loudness()
    voiced = np.maximum(0, a.periodicity - 0.5) * loudness
    pitch = np.tanh(a.pitch - (voiced @ a.pitch) / (voiced.sum() + 1e-9))
    brightness = np.tanh(a.brightness - (loudness @ a.brightness) / (loudness.sum() + 1e-9))
    certain = np.minimum(1, 2 * np.maximum(0, a.periodicity - 0.5)) * loudness
    rows = np.stack([loudness, a.periodicity * loudness, certain * pitch, loudness * brightness])
    count = min(MAX_FRAMES, (len(a) + STEP - 1) // STEP)
    pad = count * STEP - min(len(a), count * STEP)
    pairs = lambda x: np.pad(x[: count * STEP], ((0, pad), (0, 0)), mode="edge").reshape(count, STEP, -1).mean(1)
    decibels = 10 * np.log10(pairs(a.mel) + 1e-9)
    mel = np.clip(1 + (decibels - decibels.max()) / FLOOR, 0, 1)
    return np.concatenate([mel, pairs(rows.T)], 1).T.astype(np.float32)

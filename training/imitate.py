"""Imitations of a sound by a voice: what a person might do who heard it.

`tight` follows the sound from moment to moment with what the voice's mouth can do; `loose` makes a
syllable of each event, from memory. Both end in a room and a cheap microphone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import signal

import features
from procedural import RATE, Rng, curve, log_uniform, noise

N_FFT, HOP, BINS, CEPSTRUM = 512, 160, 257, 9


@dataclass
class Voice:
    """Spectral envelopes that a speaker's mouth makes, and where the voice lies."""

    envelopes: np.ndarray  # dB, no mean [frames, 257]
    cepstra: np.ndarray  # standardised over the voice [frames, 8]
    brightness: np.ndarray  # [frames]
    voiced: np.ndarray  # [frames]
    pitch: float  # log2 Hz
    clips: list[np.ndarray]

    @staticmethod
    def learn(clips: list[np.ndarray], rng: Rng) -> Voice:
        logs, periodicity, pitch, level = [], [], [], []
        for clip in clips:
            a = _frames(clip)
            power, analysis = a
            logs.append(power)
            periodicity.append(analysis.periodicity)
            pitch.append(analysis.pitch)
            level.append(analysis.level)
        power, p, f, l = (np.concatenate(x) for x in (logs, periodicity, pitch, level))
        loud = np.flatnonzero(l > np.percentile(l, 95) - 30)
        chosen = rng.choice(loud, min(500, len(loud)), replace=False)
        cepstrum = np.fft.irfft(10 * np.log10(power[chosen] + 1e-9))
        lifter = np.zeros(cepstrum.shape[1])
        lifter[:22] = np.hanning(44)[22:]
        lifter[0] = 0
        lifter[-21:] = lifter[1:22][::-1]
        envelopes = np.fft.rfft(cepstrum * lifter).real
        cepstra = cepstrum[:, 1:CEPSTRUM]
        return Voice(
            envelopes.astype(np.float16),
            (cepstra - cepstra.mean(0)) / (cepstra.std(0) + 1e-6),
            cepstra[:, 0],
            p[chosen] > 0.6,
            float(np.median(f[loud][p[loud] > 0.7])) if (p[loud] > 0.7).sum() > 20 else 7.2,
            clips,
        )


def _frames(samples: np.ndarray) -> tuple[np.ndarray, features.Analysis]:
    """The analysis, and the power spectra of the same frames [frames, 257]."""
    samples = features.surround(samples[: 10 * RATE])
    a = features.analyze(samples)
    padded = np.pad(samples, (0, N_FFT + (len(a) + 1) * HOP))
    windows = np.lib.stride_tricks.sliding_window_view(padded, N_FFT)[a.first * HOP :: HOP][: len(a)]
    return np.abs(np.fft.rfft(windows * np.hanning(N_FFT))) ** 2, a


@dataclass
class Heard:
    """A sound as a listener takes it in, every 10 ms."""

    loudness: np.ndarray
    periodicity: np.ndarray
    pitch: np.ndarray
    brightness: np.ndarray
    cepstra: np.ndarray


def listen(samples: np.ndarray) -> Heard:
    """What is heard of samples at 16 kHz."""
    power, a = _frames(samples)
    cepstrum = np.fft.irfft(10 * np.log10(power + 1e-9 * power.max() + 1e-12))[:, 1:CEPSTRUM]
    return Heard(a.loudness(), a.periodicity, a.pitch, a.brightness, cepstrum)


def _smooth(x: np.ndarray, frames: float) -> np.ndarray:
    n = max(1, int(frames))
    if n == 1 or len(x) < 2:
        return x
    window = np.hanning(n + 2)[1:-1]
    pad = [(n // 2, n - 1 - n // 2)] + [(0, 0)] * (x.ndim - 1)
    padded = np.pad(x, pad, mode="edge")
    if x.ndim == 1:
        return np.convolve(padded, window / window.sum(), "valid")
    return np.stack([np.convolve(c, window / window.sum(), "valid") for c in padded.T], 1)


def _pitch_line(rng: Rng, h: Heard, voice_pitch: float) -> np.ndarray:
    """The sound's pitch, moved into the voice's range and squeezed; its brightness where it has none."""
    weight = h.loudness * np.maximum(0, h.periodicity - 0.4)
    if weight.sum() > 1:
        center = (weight @ h.pitch) / weight.sum()
        line = np.where(h.periodicity > 0.4, h.pitch - center, 0.0)
        good = np.flatnonzero(h.periodicity > 0.4)
        line = np.interp(np.arange(len(line)), good, h.pitch[good] - center)
    else:
        center, line = 8.0, 0 * h.pitch
    if rng.random() < 0.3:
        b = h.brightness - h.brightness.mean()
        line = line + rng.uniform(0, 0.5) * b
    squeeze = rng.uniform(0.3, 1.1)
    base = voice_pitch + rng.uniform(-0.2, 0.5) + np.clip(rng.uniform(0, 0.4) * (center - 8), -0.5, 0.9)
    out = base + np.clip(squeeze * line, -1.2, 1.3)
    return _smooth(out, rng.uniform(2, 12))


def _voice_sound(rng: Rng, f0: np.ndarray, voicing: np.ndarray, envelopes: np.ndarray, loudness: np.ndarray, whistle: bool) -> np.ndarray:
    """Buzz and breath through a mouth that moves; all given every 10 ms."""
    count = len(f0) * HOP
    x = np.arange(count) / HOP
    at = np.arange(len(f0))
    hertz = 2 ** np.interp(x, at, f0)
    hertz *= 1 + 0.006 * signal.lfilter([0.02], [1, -0.98], rng.standard_normal(count)) * 7
    phase = np.cumsum(hertz) / RATE
    v = np.interp(x, at, voicing)
    breath = rng.standard_normal(count)
    if whistle:
        tone = np.sin(2 * np.pi * np.cumsum(hertz * rng.choice([4, 6, 8])) / RATE)
        out = v * tone + (0.05 + 0.5 * (1 - v)) * 0.3 * breath
        out = out * np.interp(x, at, loudness)
        return out / (np.max(np.abs(out)) + 1e-9)
    buzz = np.diff(np.floor(phase), prepend=0) * np.sqrt(RATE / hertz)
    buzz = signal.lfilter([1], [1, -rng.uniform(0.6, 0.95)], buzz)
    excitation = v * buzz / (np.std(buzz) + 1e-9) + (1 - v) * breath + rng.uniform(0, 0.15) * breath
    _, _, spectra = signal.stft(excitation, RATE, "hann", N_FFT, N_FFT - HOP, boundary="zeros")
    n = spectra.shape[1]
    index = np.minimum(np.arange(n), len(envelopes) - 1)
    shaped = spectra * 10 ** (envelopes[index].T / 20)
    level = np.sqrt((np.abs(shaped) ** 2).sum(0)) + 1e-9
    shaped *= loudness[index] / level
    _, out = signal.istft(shaped, RATE, "hann", N_FFT, N_FFT - HOP)
    return out[:count] / (np.max(np.abs(out)) + 1e-9)


def _gain(loudness: np.ndarray, rng: Rng) -> np.ndarray:
    """Amplitude of a perceived loudness of 0 … 1, over the range that this person uses."""
    return np.where(loudness > 0.02, 10 ** ((loudness - 1) * rng.uniform(25, 45) / 20), 0)


def begin(rng: Rng, h: Heard) -> Heard:
    """What of a sound is imitated: long ones are rarely gone through to their end."""
    frames = len(h.loudness)
    if frames < 120 or rng.random() < 0.2:
        return h
    cut = slice(0, int(max(100, frames * rng.uniform(0.35, 1.05))))
    return Heard(h.loudness[cut], h.periodicity[cut], h.pitch[cut], h.brightness[cut], h.cepstra[cut])


def imitate(rng: Rng, style: str, h: Heard, voice: Voice) -> np.ndarray:
    """A recording of somebody who imitates a sound."""
    return record(rng, STYLES[style](rng, begin(rng, h), voice))


def tight(rng: Rng, h: Heard, voice: Voice) -> np.ndarray:
    """Follows the sound from moment to moment, with the mouth's own spectra and at free tempo [samples]."""
    frames = len(h.loudness)
    rate = np.exp(rng.uniform(-0.25, 0.35)) * 2 ** curve(rng, frames, int(2 + frames / 60), -0.3, 0.3)
    moment = np.cumsum(1 / rate)
    out_frames = int(np.clip(moment[-1], 8, 600))
    at = np.interp(np.linspace(moment[0], moment[-1], out_frames), moment, np.arange(frames))
    take = lambda x: np.interp(at, np.arange(frames), x)
    slow = rng.uniform(1, 9)
    loudness = take(_smooth(h.loudness, slow))
    loudness = (loudness / (loudness.max() + 1e-9)) ** rng.uniform(0.6, 1.6)
    periodicity = take(_smooth(h.periodicity, slow))
    f0 = take(_pitch_line(rng, h, voice.pitch))
    kind = rng.random()
    sharp, threshold = rng.uniform(4, 20), rng.uniform(0.35, 0.75)
    voicing = 1 / (1 + np.exp(-sharp * (periodicity - threshold)))
    if kind < 0.12:
        voicing = np.zeros(out_frames)
    elif kind < 0.35:
        voicing = np.maximum(voicing, rng.uniform(0.7, 1))
    # What the mouth can do, a random part of the voice's repertoire, nearest to the sound's timbre.
    own = rng.choice(len(voice.envelopes), min(len(voice.envelopes), int(log_uniform(rng, 4, 200))), replace=False)
    c = _smooth(h.cepstra, rng.uniform(2, 12))
    center = (h.loudness[:, None] * c).sum(0) / h.loudness.sum()
    blend = rng.uniform(0, 1)
    spread = c.std(0) * (1 - blend) + blend * np.array([60, 35, 25, 20, 16, 14, 12, 10]) / 3
    target = (c - center) / (spread + 1e-6) * rng.uniform(0.5, 1.5)
    # Bright sounds are answered by bright vowels and fricatives, on the whole as well.
    target = target + rng.uniform(0, 1.2) * np.clip((center - _typical) / _spread, -2, 2)
    target = np.stack([take(x) for x in target.T], 1)
    weights = np.array([2.0, 1.3, 1, 0.8, 0.6, 0.5, 0.4, 0.4])
    distance = (((target[:, None] - voice.cepstra[own][None]) * weights) ** 2).sum(2)
    distance += rng.uniform(0, 6) * (voice.voiced[own][None] != (voicing > 0.5)[:, None])
    envelopes = _smooth(voice.envelopes[own][distance.argmin(1)], rng.uniform(2, 10))
    whistle = rng.random() < 0.05
    return _voice_sound(rng, f0, voicing, envelopes, _gain(loudness, rng), whistle)


#: Means and spreads of cepstra over many sounds, to tell a bright sound from a dull one.
_typical = np.array([8.0, 2.0, 0.5, 0.5, 0.2, 0.2, 0.1, 0.1])
_spread = np.array([8.0, 5.0, 3.5, 3.0, 2.5, 2.0, 2.0, 1.5])


def set_typical(heard: list[Heard]) -> None:
    """Learns what is usual from many sounds; `tight` tells by it whether a sound is bright."""
    centers = np.stack([(h.loudness[:, None] * h.cepstra).sum(0) / h.loudness.sum() for h in heard])
    _typical[:], _spread[:] = centers.mean(0), centers.std(0) + 0.5


def events_of(h: Heard, drop: float) -> list[tuple[int, int]]:
    """Stretches of frames between which loudness falls by `drop` or to silence."""
    loudness = _smooth(h.loudness, 4)
    out: list[tuple[int, int]] = []
    start, peak, valley, valley_at = 0, loudness[0], 1.0, 0
    for i, x in enumerate(loudness):
        if x < valley:
            valley, valley_at = x, i
        if x > valley + drop and peak > valley + drop:
            out.append((start, valley_at))
            start, peak, valley = valley_at, x, x
        if x > peak:
            peak, valley, valley_at = x, x, i
    out.append((start, len(loudness)))
    trimmed = []
    for a, b in out:
        inside = np.flatnonzero(h.loudness[a:b] > max(0.1, h.loudness[a:b].max() - 0.55))
        if len(inside):
            trimmed.append((a + inside[0], a + inside[-1] + 1))
    return trimmed


def loose(rng: Rng, h: Heard, voice: Voice) -> np.ndarray:
    """A syllable for each event, from memory: straight glides, few vowels, timing that is off [samples]."""
    events = events_of(h, rng.uniform(0.08, 0.3))
    if len(events) > 1:
        keep = rng.random(len(events)) > rng.choice([0, 0.1, 0.3])
        strong = int(np.argmax([h.loudness[a:b].max() for a, b in events]))
        keep[strong] = True
        events = [e for e, k in zip(events, keep, strict=True) if k][: int(rng.integers(4, 30))]
    tempo, sway = np.exp(rng.uniform(-0.35, 0.25)), rng.uniform(0.05, 0.35)
    f0_line = _pitch_line(rng, h, voice.pitch)
    rank = np.argsort(np.argsort(voice.brightness)) / len(voice.brightness)  # 1: dullest
    total_weight = h.loudness.sum()
    mean_b = (h.loudness @ h.brightness) / total_weight
    voiced_at = rng.uniform(0.35, 0.7)
    onset_noise = rng.random() < 0.4
    whistle = rng.random() < 0.04
    hum = rng.random() < 0.15
    steps: list[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]] = []
    previous_end = events[0][0]
    rough = rng.uniform(0, 0.5)
    for a, b in events:
        gap = int((a - previous_end) * tempo * np.exp(sway * rng.standard_normal()))
        if gap > 0:
            blank = np.zeros(min(gap, 200))
            steps.append((blank + voice.pitch, blank, np.zeros((len(blank), BINS)), blank))
        previous_end = b
        n = int(np.clip((b - a) * tempo * np.exp(sway * rng.standard_normal()), 5, 400))
        weight = h.loudness[a:b] + 1e-6
        x = np.arange(b - a) - (b - a - 1) / 2
        line = f0_line[a:b]
        middle = (weight @ line) / weight.sum()
        xm = (weight @ x) / weight.sum()
        slope = (weight @ ((x - xm) * (line - middle))) / (weight @ (x - xm) ** 2 + 1e-6)
        glide = np.clip(slope * (b - a), -1.2, 1.2) * rng.uniform(0.4, 1.1)
        f0 = middle + 0.05 * rng.standard_normal() + glide * np.linspace(-0.5, 0.5, n)
        is_voiced = hum or (weight @ h.periodicity[a:b]) / weight.sum() > voiced_at + 0.08 * rng.standard_normal()
        voicing = np.full(n, float(is_voiced) * rng.uniform(0.7, 1))
        if onset_noise and rng.random() < 0.7 and not hum:
            voicing[: min(n, int(rng.integers(1, 6)))] = 0
        brightness = (weight @ h.brightness[a:b]) / weight.sum()
        wanted = np.clip(0.5 - 0.28 * (brightness - 6.2) - 0.2 * (brightness - mean_b) + rough * 0.4 * rng.standard_normal(), 0, 1)
        cost = np.abs(rank - wanted) + 2 * (voice.voiced != is_voiced) + 0.08 * rng.random(len(rank))
        first = int(cost.argmin())
        second = int((cost + 0.5 * rng.random(len(rank))).argmin()) if rng.random() < 0.3 else first
        mix = np.linspace(0, 1, n)[:, None]
        envelopes = (1 - mix) * voice.envelopes[first] + mix * voice.envelopes[second]
        peak = int(np.argmax(_smooth(h.loudness[a:b], 3)) / (b - a) * n)
        attack = max(1, int(np.clip(peak * rng.uniform(0.3, 1.1), 1, n * 0.8)))
        tail = h.loudness[a:b][int(0.8 * (b - a)) :].mean() / (h.loudness[a:b].max() + 1e-6)
        shape = np.concatenate([np.linspace(rng.uniform(0, 0.6), 1, attack), np.linspace(1, np.clip(tail + 0.15 * rng.standard_normal(), 0.05, 1), max(1, n - attack))])[:n]
        loud = np.clip(h.loudness[a:b].max() + 0.1 * rng.standard_normal(), 0.25, 1)
        release = min(n, 4)
        shape[-release:] *= np.linspace(1, 0.2, release)
        steps.append((f0, voicing, envelopes, shape * loud))
    f0, voicing, envelopes, loudness = (np.concatenate(x)[:600] for x in zip(*steps, strict=True))
    return _voice_sound(rng, f0, voicing, envelopes, _gain(loudness, rng), whistle)


#: What clips of speech are like, by their identity: pieces of the same few are looked at again and again.
_described: dict[int, features.Analysis] = {}


def _means(clip: np.ndarray, first: int, end: int) -> tuple[float, float]:
    """Periodicity and brightness of a piece of a clip that outlives this process's imitations, frames as given."""
    if id(clip) not in _described:
        _described[id(clip)] = features.describe(clip)
    a = _described[id(clip)]
    end = max(first + 1, min(end, len(a)))
    first = min(first, end - 1)
    loud = a.level[first:end] > a.level[first:end].max() - features.SILENCE
    return float(a.periodicity[first:end][loud].mean()), float(a.brightness[first:end][loud].mean())


def spoken(rng: Rng, h: Heard, voice: Voice) -> np.ndarray:
    """Speech-like: at each event a piece of what the speaker really said, bent to its pitch and swell."""
    events = events_of(h, 0.2)[:12]
    tempo = np.exp(rng.uniform(-0.4, 0.4))
    f0 = _pitch_line(rng, h, 0.0)
    out = np.zeros(int((events[-1][1] - events[0][0]) * HOP * tempo * 1.2) + RATE)
    for a, b in events:
        best, best_cost = np.zeros(1), np.inf
        wanted = (h.loudness[a:b] @ h.periodicity[a:b]) / h.loudness[a:b].sum()
        bright = (h.loudness[a:b] @ h.brightness[a:b]) / h.loudness[a:b].sum()
        n = int(max(0.08 * RATE, (b - a) * HOP * tempo))
        for _ in range(8):
            clip = voice.clips[rng.integers(len(voice.clips))]
            start = int(rng.integers(0, max(1, len(clip) - n)))
            piece = clip[start : start + n]
            if len(piece) < 800 or np.max(np.abs(piece)) < 0.05:
                continue
            periodicity, brightness = _means(clip, start // HOP, (start + n) // HOP)
            cost = 2 * abs(periodicity - wanted) + 0.5 * abs(brightness - bright)
            if cost < best_cost:
                best, best_cost = piece, cost
        # Faster is higher, as with a tape: crude, and unlike the other styles.
        line = np.interp(np.linspace(0, b - a - 1, n), np.arange(b - a), f0[a:b])
        speed = 2 ** np.clip(line, -0.6, 0.9)
        read = np.interp(np.cumsum(speed) % max(1, len(best) - 1), np.arange(len(best)), best)
        swell = np.interp(np.linspace(0, b - a - 1, n), np.arange(b - a), _smooth(h.loudness, 6)[a:b])
        first = int((a - events[0][0]) * HOP * tempo * np.exp(0.05 * rng.standard_normal()))
        part = read * _gain(swell, rng) / (np.max(np.abs(read)) + 1e-9)
        part = part[: max(0, len(out) - first)]
        out[first : first + len(part)] += part
    return out / (np.max(np.abs(out)) + 1e-9)


#: Measured impulse responses, of energy 1; none unless `set_responses` was given some.
_responses: list[np.ndarray] = []


def set_responses(responses: list[np.ndarray]) -> None:
    """Lets `record` use what was measured of loudspeakers, microphones and places, beside what it makes up."""
    _responses[:] = responses


def _measured(rng: Rng, x: np.ndarray) -> np.ndarray:
    """A third of all through one of the measured responses, wholly or in part, as loud as before."""
    if not _responses or rng.random() > 0.35:
        return x
    heard = signal.fftconvolve(x, _responses[rng.integers(len(_responses))].astype(np.float64))[: len(x)]
    part = rng.uniform(0.3, 1)
    return (1 - part) * x + part * heard * np.std(x) / (np.std(heard) + 1e-9)


def record(rng: Rng, x: np.ndarray) -> np.ndarray:
    """The room, the microphone and what the phone or laptop makes of it."""
    x = np.pad(x, (int(rng.uniform(0, 0.5) * RATE), int(rng.uniform(0.05, 0.5) * RATE)))
    if rng.random() < 0.7:
        n = int(log_uniform(rng, 0.05, 0.6) * RATE)
        room = rng.standard_normal(n) * np.exp(-6.9 * np.arange(n) / n)
        wet = signal.fftconvolve(x, room)[: len(x)]
        x = x + log_uniform(rng, 0.02, 0.6) * wet / (np.max(np.abs(wet)) + 1e-9)
    x = _measured(rng, x)
    low, high = log_uniform(rng, 40, 300), log_uniform(rng, 3000, 7800)
    x = signal.sosfilt(signal.butter(int(rng.integers(1, 4)), low, "high", fs=RATE, output="sos"), x)
    if rng.random() < 0.6:
        x = signal.sosfilt(signal.butter(int(rng.integers(1, 5)), high, fs=RATE, output="sos"), x)
    center = log_uniform(rng, 300, 4000)
    b, a = signal.iirpeak(center, rng.uniform(0.8, 3), fs=RATE)
    x = x + rng.uniform(-0.6, 1) * signal.lfilter(b, a, x)
    x = x / (np.max(np.abs(x)) + 1e-9)
    if rng.random() < 0.12:
        x = np.clip(x * rng.uniform(1.2, 4), -1, 1)
    level = 10 ** (-rng.uniform(25, 80) / 20)
    x = x + level * noise(rng, len(x), rng.uniform(-1, 9))
    if rng.random() < 0.1:
        hum = 2 * np.pi * rng.choice([50, 60]) * np.arange(len(x)) / RATE
        x = x + 10 ** (-rng.uniform(25, 50) / 20) * (np.sin(hum) + 0.5 * np.sin(3 * hum))
    if rng.random() < 0.12:
        # Noise suppression: what is soft is turned down, a little late.
        level = signal.lfilter([0.005], [1, -0.995], np.abs(x))
        x = x * np.clip(level / (rng.uniform(0.02, 0.1) * level.max()), 0, 1)
    return (0.9 * x / (np.max(np.abs(x)) + 1e-9)).astype(np.float32)


STYLES = {"tight": tight, "loose": loose, "spoken": spoken}

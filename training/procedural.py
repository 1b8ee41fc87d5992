"""Sounds made from nothing: families of environmental, animal, machine and interface sounds.

Every family is a function of a random generator that returns samples at 16 kHz; its parameters are
drawn so widely that two sounds of a family differ as much as two recordings of one class do.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import fft, signal

RATE = 16000
Rng = np.random.Generator


def log_uniform(rng: Rng, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def curve(rng: Rng, count: int, points: int, low: float, high: float) -> np.ndarray:
    """A smooth random line through `points` values."""
    knots = rng.uniform(low, high, max(2, points))
    x = np.linspace(0, len(knots) - 1, count)
    return np.interp(x, np.arange(len(knots)), knots)


def noise(rng: Rng, count: int, tilt: float = 0.0) -> np.ndarray:
    """Noise whose spectrum falls by `tilt` dB an octave."""
    quick = fft.next_fast_len(count, real=True)
    spectrum = fft.rfft(rng.standard_normal(quick))
    frequency = np.maximum(fft.rfftfreq(quick, 1 / RATE), 30)
    out = fft.irfft(spectrum * (frequency / 1000) ** (-tilt / 6.02), quick)[:count]
    return out / (np.std(out) + 1e-9)


def band(x: np.ndarray, low: float, high: float, order: int = 2) -> np.ndarray:
    low, high = max(20.0, low), min(7900.0, high)
    if high <= low * 1.05:
        high = min(7900.0, low * 1.1)
    return signal.sosfilt(signal.butter(order, [low, high], "band", fs=RATE, output="sos"), x)


def harmonic(rng: Rng, f0: np.ndarray, tilt: float, jitter: float = 0.0, top: float = 7500) -> np.ndarray:
    """Harmonics of a moving fundamental (Hz, sample by sample), `tilt` dB an octave."""
    if jitter:
        f0 = f0 * (1 + jitter * signal.lfilter([0.02], [1, -0.98], rng.standard_normal(len(f0))) * 5)
    phase = 2 * np.pi * np.cumsum(f0) / RATE
    out = np.zeros(len(f0))
    for k in range(1, int(min(40, top / max(20, f0.min()))) + 1):
        level = 10 ** (-tilt * np.log2(k) / 20) * rng.uniform(0.5, 1)
        out += np.where(f0 * k < top, level, 0) * np.sin(k * phase + rng.uniform(0, 6.28))
    return out / (np.std(out) + 1e-9)


def formants(rng: Rng, x: np.ndarray, count: int = 3) -> np.ndarray:
    """Resonances of a throat, an animal's or a person's."""
    scale = log_uniform(rng, 0.7, 2.2)
    centers = scale * np.array([rng.uniform(300, 900), rng.uniform(900, 2300), rng.uniform(2300, 3500)])
    out = 0.1 * x
    for center in centers[:count]:
        width = center * rng.uniform(0.15, 0.4)
        out = out + rng.uniform(0.4, 1) * band(x, center - width / 2, center + width / 2, 1)
    return out


def envelope(count: int, attack: float, decay: float, shape: float = 1.0) -> np.ndarray:
    """Rises over `attack` seconds and falls exponentially by e over `decay` seconds."""
    t = np.arange(count) / RATE
    return np.minimum(1, t / max(attack, 1e-3)) * np.exp(-((np.maximum(0, t - attack) / decay) ** shape))


def place(total: int, events: list[tuple[float, np.ndarray]]) -> np.ndarray:
    out = np.zeros(total)
    for start, samples in events:
        first = int(start * RATE)
        if 0 <= first < total:
            part = samples[: total - first]
            out[first : first + len(part)] += part
    return out


def times(rng: Rng, seconds: float, rate: float, spread: float) -> list[float]:
    """Instants about `1 / rate` apart; `spread` 0 is a clock, 1 is rain."""
    out, now = [], rng.uniform(0, 0.3)
    while now < seconds - 0.03:
        out.append(now)
        gap = (1 - spread) / rate + spread * rng.exponential(1 / rate)
        now += max(0.01, gap)
    return out


def seconds_of(rng: Rng, low: float = 0.6, high: float = 5.0) -> float:
    """Half of all sounds last as long as a library's clips do: their length must not tell them apart."""
    return rng.uniform(3.8, 4.6) if rng.random() < 0.5 else log_uniform(rng, low, high)


def voiced_call(rng: Rng, seconds: float, center: float, span: float, tilt: float, rough: float) -> np.ndarray:
    count = max(200, int(seconds * RATE))
    shape = rng.integers(4)
    x = np.linspace(0, 1, count)
    lines = [np.sin(np.pi * x), 1 - x, x, np.abs(2 * x - 1)]
    f0 = center * 2 ** (span * lines[shape] + curve(rng, count, 4, -0.1, 0.1))
    out = harmonic(rng, f0, tilt, 0.02 * rough)
    out = out + rough * rng.uniform(0, 1) * noise(rng, count)
    if rough > 0.5:
        out *= 1 + 0.8 * np.sin(2 * np.pi * np.cumsum(curve(rng, count, 3, 20, 90)) / RATE)
    out = formants(rng, out)
    attack = rng.uniform(0.005, 0.3) * seconds
    return out / np.std(out) * envelope(count, attack, seconds * rng.uniform(0.3, 1.5), 2.0)


def calls(rng: Rng, count: tuple[int, int], length: tuple[float, float], pitch: tuple[float, float]) -> np.ndarray:
    """Calls of one animal or person: alike, at a rhythm of its own."""
    number = int(rng.integers(count[0], count[1] + 1))
    base, pitch_center = log_uniform(rng, *length), log_uniform(rng, *pitch)
    span, tilt, rough = rng.uniform(-0.9, 0.9), rng.uniform(3, 14), rng.choice([0.05, 0.3, 0.9])
    gap, spread = base * rng.uniform(0.15, 2.5), rng.uniform(0, 0.6)
    now, events, trend = rng.uniform(0, 0.2), [], rng.uniform(-0.15, 0.15)
    seed = int(rng.integers(1 << 31))
    for k in range(number):
        if now > 4.5:
            break
        own = np.random.default_rng(seed)
        length_k = base * np.exp(0.4 * rng.standard_normal() * spread)
        center = pitch_center * 2 ** (trend * k + 0.15 * rng.standard_normal())
        events.append((now, rng.uniform(0.4, 1) * voiced_call(own, length_k, center, span, tilt, rough)))
        now += length_k + gap * np.exp(0.8 * rng.standard_normal() * spread)
    return place(int((min(now, 5) + 0.2) * RATE), events)


def bark(rng: Rng) -> np.ndarray:
    return calls(rng, (1, 7), (0.07, 0.4), (180, 1100))


def cry(rng: Rng) -> np.ndarray:
    return calls(rng, (1, 5), (0.3, 1.8), (220, 900))


def crow(rng: Rng) -> np.ndarray:
    """Several syllables of different length in a fixed pattern, as a rooster's."""
    parts, now = [], 0.0
    center = log_uniform(rng, 250, 1300)
    for _ in range(int(rng.integers(2, 6))):
        length = log_uniform(rng, 0.08, 1.2)
        call = voiced_call(rng, length, center * 2 ** rng.uniform(-0.6, 0.6), rng.uniform(-0.7, 0.7), rng.uniform(3, 10), rng.choice([0.05, 0.4, 0.9]))
        parts.append((now, rng.uniform(0.4, 1) * call))
        now += length * rng.uniform(0.8, 1.3)
        if now > 4:
            break
    return place(int((now + 0.3) * RATE), parts)


def bird(rng: Rng) -> np.ndarray:
    seconds, center = seconds_of(rng), log_uniform(rng, 1200, 5500)
    events = []
    syllables = []
    for _ in range(int(rng.integers(1, 4))):
        length = log_uniform(rng, 0.03, 0.5)
        n = int(length * RATE)
        f0 = center * 2 ** (curve(rng, n, int(rng.integers(2, 6)), -0.5, 0.5))
        if rng.random() < 0.3:
            f0 *= 2 ** (0.2 * np.sin(2 * np.pi * rng.uniform(15, 60) * np.arange(n) / RATE))
        syllables.append(np.sin(2 * np.pi * np.cumsum(f0) / RATE) * np.hanning(n))
    for k, start in enumerate(times(rng, seconds, log_uniform(rng, 0.8, 12), rng.uniform(0, 0.7))):
        events.append((start, rng.uniform(0.4, 1) * syllables[k % len(syllables)]))
    return place(int((seconds + 0.3) * RATE), events)


def insect(rng: Rng) -> np.ndarray:
    seconds = seconds_of(rng)
    n = int(seconds * RATE)
    if rng.random() < 0.4:
        f0 = log_uniform(rng, 110, 700) * 2 ** curve(rng, n, int(rng.integers(2, 9)), -0.4, 0.4)
        out = harmonic(rng, f0, rng.uniform(3, 9), 0.02)
        return out * np.maximum(0.02, curve(rng, n, int(rng.integers(2, 9)), -0.2, 1))
    center = log_uniform(rng, 1500, 6500)
    out = band(noise(rng, n), center * 0.9, center * 1.1)
    fast, slow = rng.uniform(15, 80), log_uniform(rng, 0.5, 8)
    t = np.arange(n) / RATE
    gate = signal.lfilter([0.01], [1, -0.99], (np.sin(2 * np.pi * slow * t) > rng.uniform(-0.9, 0.8)).astype(float))
    return out * (1 + np.sin(2 * np.pi * fast * t)) * gate


def clicks(rng: Rng, seconds: float, rate: float, spread: float, low: float, high: float, decay: float) -> np.ndarray:
    events = []
    for start in times(rng, seconds, rate, spread):
        center = log_uniform(rng, low, high)
        n = int(min(0.4, 6 * decay) * RATE) + 20
        grain = band(rng.standard_normal(n), center * 0.7, center * 1.4) * envelope(n, 0.001, decay * log_uniform(rng, 0.5, 2))
        events.append((start, rng.uniform(0.05, 1) ** 2 * grain / (np.max(np.abs(grain)) + 1e-9)))
    return place(int((seconds + 0.2) * RATE), events)


def rain(rng: Rng) -> np.ndarray:
    seconds = seconds_of(rng, 1.5)
    n = int((seconds + 0.2) * RATE)
    base = noise(rng, n, rng.uniform(-2, 5)) * curve(rng, n, int(rng.integers(2, 8)), 0.5, 1)
    drops = clicks(rng, seconds, log_uniform(rng, 5, 80), 1, 800, 6000, 0.005)
    return base * log_uniform(rng, 0.03, 0.6) + drops * log_uniform(rng, 0.3, 4)


def wind(rng: Rng) -> np.ndarray:
    seconds = seconds_of(rng, 1.5)
    n = int(seconds * RATE)
    out = np.zeros(n)
    x = noise(rng, n)
    center = log_uniform(rng, 200, 1200) * 2 ** curve(rng, n, int(rng.integers(3, 9)), -1, 1)
    layers = [band(x, c * 0.8, c * 1.25) for c in (150, 250, 400, 650, 1000, 1600, 2500)]
    for c, layer in zip((150, 250, 400, 650, 1000, 1600, 2500), layers, strict=True):
        out += layer * np.exp(-2 * np.log2(center / c) ** 2)
    return out * curve(rng, n, int(rng.integers(3, 9)), 0.05, 1) + 0.02 * noise(rng, n, 6)


def waves(rng: Rng) -> np.ndarray:
    seconds = seconds_of(rng, 2)
    n = int(seconds * RATE)
    t = np.arange(n) / RATE
    swell = (0.5 + 0.5 * np.sin(2 * np.pi * rng.uniform(0.15, 0.8) * t + rng.uniform(0, 6.28))) ** rng.uniform(0.7, 3)
    low, high = noise(rng, n, rng.uniform(3, 9)), noise(rng, n, rng.uniform(-2, 2))
    return low * (0.1 + swell) + rng.uniform(0.1, 1) * high * swell ** rng.uniform(1, 3)


def fire(rng: Rng) -> np.ndarray:
    seconds = seconds_of(rng, 1.5)
    out = clicks(rng, seconds, log_uniform(rng, 2, 40), 1, 600, 6500, log_uniform(rng, 0.001, 0.02))
    bed = noise(rng, len(out), rng.uniform(2, 9)) * curve(rng, len(out), int(rng.integers(2, 10)), 0.3, 1)
    return out + log_uniform(rng, 0.003, 0.2) * bed


def engine(rng: Rng) -> np.ndarray:
    seconds = seconds_of(rng, 1)
    n = int(seconds * RATE)
    kind = rng.integers(3)
    movement = [curve(rng, n, int(rng.integers(2, 7)), -0.8, 0.8), curve(rng, n, 2, -1, 1), np.zeros(n)][kind]
    f0 = log_uniform(rng, 22, 220) * 2**movement
    out = harmonic(rng, f0, rng.uniform(0, 9), rng.uniform(0, 0.05))
    out = out + rng.uniform(0, 0.6) * noise(rng, n, rng.uniform(0, 6)) * (1 + 0.5 * np.sin(2 * np.pi * np.cumsum(f0) / RATE))
    if rng.random() < 0.4:
        out *= np.interp(np.arange(n), np.sort(rng.integers(0, n, 12)), rng.choice([0.15, 1, 0.6], 12))
    return formants(rng, out) * curve(rng, n, int(rng.integers(2, 6)), 0.4, 1)


def rotor(rng: Rng) -> np.ndarray:
    seconds = seconds_of(rng, 1.5)
    n = int(seconds * RATE)
    rate = log_uniform(rng, 5, 30) * 2 ** curve(rng, n, 3, -0.2, 0.2)
    phase = np.cumsum(rate) / RATE % 1
    thump = np.exp(-phase * rng.uniform(2, 12))
    x = noise(rng, n, rng.uniform(1, 7))
    out = x * (rng.uniform(0.02, 0.3) + thump)
    if rng.random() < 0.5:
        out += rng.uniform(0.1, 1) * harmonic(rng, np.full(n, log_uniform(rng, 80, 600)), 6)
    return out * curve(rng, n, int(rng.integers(2, 4)), 0.2, 1)


def modal(rng: Rng, base: float, modes: int, decay: float, seconds: float, inharmonic: float) -> np.ndarray:
    """A struck body: sines that die away, the higher the sooner."""
    t = np.arange(int(seconds * RATE)) / RATE
    out = np.zeros(len(t))
    for k in range(modes):
        frequency = base * (k + 1) ** (1 + inharmonic) * rng.uniform(0.97, 1.03)
        if frequency < 7500:
            out += rng.uniform(0.2, 1) * np.sin(2 * np.pi * frequency * t) * np.exp(-t / decay * (1 + 0.3 * k))
    return out + rng.uniform(0, 0.5) * rng.standard_normal(len(t)) * np.exp(-t / 0.006)


def ticking(rng: Rng) -> np.ndarray:
    seconds = seconds_of(rng, 1.5)
    rate, decay = log_uniform(rng, 0.8, 9), log_uniform(rng, 0.003, 0.06)
    sounds = [modal(rng, log_uniform(rng, 500, 4500), 4, decay, 0.3, rng.uniform(0, 0.6)) for _ in range(int(rng.integers(1, 3)))]
    levels = rng.uniform(0.3, 1, 2)
    events = [(s, levels[k % 2] * sounds[k % len(sounds)]) for k, s in enumerate(times(rng, seconds, rate, rng.uniform(0, 0.05)))]
    out = place(int((seconds + 0.2) * RATE), events)
    return out + log_uniform(rng, 0.001, 0.1) * noise(rng, len(out), rng.uniform(0, 9))


def knocks(rng: Rng) -> np.ndarray:
    number = int(rng.integers(1, 11))
    base, decay = log_uniform(rng, 60, 900), log_uniform(rng, 0.01, 0.12)
    pattern = times(rng, 4.5, log_uniform(rng, 1, 9), rng.uniform(0, 0.6))[:number]
    events = [(s, rng.uniform(0.4, 1) * modal(rng, base * rng.uniform(0.9, 1.1), 5, decay, 0.5, rng.uniform(0, 1))) for s in pattern]
    return place(int((pattern[-1] + 0.5) * RATE), events)


def ringing(rng: Rng) -> np.ndarray:
    base, decay = log_uniform(rng, 150, 3000), log_uniform(rng, 0.08, 2)
    inharmonic, modes = rng.uniform(0, 0.8), int(rng.integers(1, 10))
    number = int(rng.choice([1, 1, 2, 3, 6, 12]))
    pattern = times(rng, 4, log_uniform(rng, 0.8, 9), rng.uniform(0, 0.8))[:number]
    pitch = rng.choice([0, 0.3, 1])
    seed = int(rng.integers(1 << 31))
    events = [(s, rng.uniform(0.4, 1) * modal(np.random.default_rng(seed), base * 2 ** (pitch * rng.uniform(-1, 1)), modes, decay, min(3, 4 * decay), inharmonic)) for s in pattern]
    return place(int((pattern[-1] + min(2.5, 3 * decay)) * RATE), events)


def breaking(rng: Rng) -> np.ndarray:
    """A crash and its shards."""
    seconds = log_uniform(rng, 0.4, 2.5)
    events = [(0.05, 2 * noise(rng, int(0.2 * RATE)) * envelope(int(0.2 * RATE), 0.002, log_uniform(rng, 0.02, 0.1)))]
    for start in rng.exponential(seconds / 4, int(rng.integers(4, 50))):
        events.append((0.05 + start, rng.uniform(0.05, 0.8) * modal(rng, log_uniform(rng, 700, 5500), 4, log_uniform(rng, 0.01, 0.2), 0.5, 0.5)))
    return place(int((seconds + 0.5) * RATE), events)


def siren(rng: Rng) -> np.ndarray:
    seconds = seconds_of(rng, 1)
    n = int(seconds * RATE)
    t = np.arange(n) / RATE
    rate, span = log_uniform(rng, 0.25, 10), rng.uniform(0.1, 1.2)
    line = [np.sin(2 * np.pi * rate * t), signal.sawtooth(2 * np.pi * rate * t, rng.choice([0, 0.5, 1])), np.sign(np.sin(2 * np.pi * rate * t))][rng.integers(3)]
    out = harmonic(rng, log_uniform(rng, 250, 1800) * 2 ** (span * line / 2), rng.uniform(3, 20))
    return out * curve(rng, n, 3, 0.3, 1)


def beeps(rng: Rng) -> np.ndarray:
    seconds = seconds_of(rng, 0.5)
    length, rate = log_uniform(rng, 0.03, 0.5), log_uniform(rng, 0.8, 8)
    tones = [log_uniform(rng, 250, 4000) for _ in range(int(rng.integers(1, 5)))]
    tilt = rng.uniform(4, 30)
    events = []
    for k, start in enumerate(times(rng, seconds, rate, rng.choice([0, 0.3]))):
        n = int(min(length, 0.95 / rate) * RATE)
        events.append((start, harmonic(rng, np.full(n, tones[k % len(tones)]), tilt) * np.minimum(1, np.minimum(np.arange(n), np.arange(n)[::-1]) / 80)))
    return place(int((seconds + 0.3) * RATE), events)


def horn(rng: Rng) -> np.ndarray:
    parts, now = [], 0.0
    f0 = log_uniform(rng, 80, 700)
    for _ in range(int(rng.integers(1, 4))):
        length = log_uniform(rng, 0.12, 2.5)
        n = int(length * RATE)
        bend = 2 ** (curve(rng, n, 3, -0.05, 0.05) - 0.2 * np.exp(-np.arange(n) / RATE / 0.03))
        out = harmonic(rng, f0 * bend, rng.uniform(1, 9)) + harmonic(rng, f0 * bend * rng.choice([1.26, 1.335, 1.5]), 6) * rng.uniform(0, 1)
        parts.append((now, out * np.minimum(1, np.minimum(np.arange(n), np.arange(n)[::-1]) / 800)))
        now += length * rng.uniform(1.05, 1.8)
        if now > 4:
            break
    return place(int((now + 0.1) * RATE), parts)


def cough(rng: Rng) -> np.ndarray:
    """Coughs, sneezes, sniffs: breath in, a burst, a tail that may be voiced."""
    parts, now = [], 0.0
    for _ in range(int(rng.integers(1, 5))):
        if rng.random() < 0.4:
            n = int(log_uniform(rng, 0.15, 0.9) * RATE)
            parts.append((now, log_uniform(rng, 0.03, 0.4) * formants(rng, noise(rng, n, rng.uniform(-3, 3))) * np.linspace(0.1, 1, n) ** 2))
            now += n / RATE + rng.uniform(0, 0.2)
        length = log_uniform(rng, 0.08, 0.6)
        n = int(length * RATE)
        burst = formants(rng, noise(rng, n, rng.uniform(-3, 6))) * envelope(n, rng.uniform(0.003, 0.06), length * rng.uniform(0.2, 0.6))
        parts.append((now, burst))
        if rng.random() < 0.5:
            parts.append((now + rng.uniform(0, 0.1), rng.uniform(0.2, 1) * voiced_call(rng, length, log_uniform(rng, 120, 500), rng.uniform(-0.8, 0.3), 9, 0.4)))
        now += length + rng.uniform(0.05, 0.8)
        if now > 4:
            break
    return place(int((now + 0.2) * RATE), parts)


def laugh(rng: Rng) -> np.ndarray:
    return calls(rng, (3, 14), (0.06, 0.2), (120, 600))


def breath(rng: Rng) -> np.ndarray:
    """Breathing and snoring: noise in and out, with or without a rattle."""
    seconds, rate = seconds_of(rng, 1.5), log_uniform(rng, 0.3, 1.8)
    n = int(seconds * RATE)
    t = np.arange(n) / RATE
    phase = rate * t + rng.uniform(0, 1)
    level = np.maximum(0, np.sin(2 * np.pi * phase)) ** rng.uniform(0.5, 2) + rng.uniform(0, 0.8) * np.maximum(0, -np.sin(2 * np.pi * phase))
    out = formants(rng, noise(rng, n, rng.uniform(-2, 6)))
    if rng.random() < 0.5:
        rattle = harmonic(rng, curve(rng, n, 6, 25, 110), 3, 0.05)
        out = 0.3 * out + formants(rng, rattle) * (np.sin(2 * np.pi * phase) > 0)
    return out * level


def water(rng: Rng) -> np.ndarray:
    seconds = seconds_of(rng, 0.6)
    events = []
    for start in times(rng, seconds, log_uniform(rng, 1, 60), rng.uniform(0.3, 1)):
        n = int(log_uniform(rng, 0.02, 0.2) * RATE)
        f = log_uniform(rng, 300, 2500) * 2 ** np.linspace(0, rng.uniform(0, 1.2), n)
        events.append((start, rng.uniform(0.1, 1) ** 2 * np.sin(2 * np.pi * np.cumsum(f) / RATE) * envelope(n, 0.002, n / RATE / 3)))
    out = place(int((seconds + 0.2) * RATE), events)
    return out + log_uniform(rng, 0.001, 0.3) * noise(rng, len(out), rng.uniform(-2, 4)) * curve(rng, len(out), 5, 0.2, 1)


def whoosh(rng: Rng) -> np.ndarray:
    parts, now = [], 0.0
    for _ in range(int(rng.integers(1, 4))):
        n = int(log_uniform(rng, 0.15, 1.8) * RATE)
        x, out = noise(rng, n), np.zeros(n)
        line = log_uniform(rng, 300, 3000) * 2 ** (rng.uniform(-1.6, 1.6) * np.sin(np.linspace(0, rng.choice([1.57, 3.14]), n)))
        for c in (200, 400, 800, 1600, 3200, 6000):
            out += band(x, c * 0.75, c * 1.3) * np.exp(-1.5 * np.log2(line / c) ** 2)
        parts.append((now, out * np.sin(np.linspace(0, np.pi, n) ** rng.uniform(0.6, 1.4)) ** 2))
        now += n / RATE * rng.uniform(0.8, 1.6)
    return place(int((now + 0.1) * RATE), parts)


def zap(rng: Rng) -> np.ndarray:
    """Lasers, jumps, pick-ups: quick glides of tones, as games have them."""
    parts, now = [], 0.0
    length, number = log_uniform(rng, 0.06, 0.9), int(rng.choice([1, 1, 2, 3, 5]))
    start, span = log_uniform(rng, 150, 3000), rng.uniform(-2.5, 2.5)
    tilt, curved = rng.uniform(2, 25), rng.uniform(0.4, 2.5)
    for _ in range(number):
        n = int(length * RATE)
        f0 = np.clip(start * 2 ** (span * np.linspace(0, 1, n) ** curved), 60, 6000)
        out = harmonic(rng, f0, tilt)
        if rng.random() < 0.3:
            out *= 1 + np.sin(2 * np.pi * rng.uniform(8, 40) * np.arange(n) / RATE)
        parts.append((now, out * envelope(n, 0.005, length * rng.uniform(0.4, 2))))
        now += length * rng.uniform(1, 2)
    return place(int((now + 0.1) * RATE), parts)


def scraping(rng: Rng) -> np.ndarray:
    """Sawing, brushing, scratching: strokes to and fro."""
    seconds, rate = seconds_of(rng, 1), log_uniform(rng, 0.8, 9)
    n = int(seconds * RATE)
    phase = np.cumsum(rate * 2 ** curve(rng, n, 5, -0.2, 0.2)) / RATE
    stroke = np.abs(np.sin(np.pi * phase)) ** rng.uniform(0.4, 3)
    side = np.sin(np.pi * phase) > 0
    x = noise(rng, n, rng.uniform(-3, 3))
    forth, back = band(x, log_uniform(rng, 200, 2500), log_uniform(rng, 2600, 7500)), band(x, log_uniform(rng, 200, 2500), log_uniform(rng, 2600, 7500))
    out = np.where(side, forth, rng.uniform(0, 1) * back) * stroke
    if rng.random() < 0.3:
        out *= 1 + np.sin(2 * np.pi * rng.uniform(30, 200) * phase)
    return out


def creak(rng: Rng) -> np.ndarray:
    """Stick and slip: pulses whose rate wanders, through a body; squeaks where it is fast."""
    seconds = seconds_of(rng, 0.4, 3)
    n = int(seconds * RATE)
    rate = log_uniform(rng, 20, 900) * 2 ** curve(rng, n, int(rng.integers(2, 8)), -1, 1)
    rate *= 1 + 0.2 * signal.lfilter([0.01], [1, -0.99], rng.standard_normal(n)) * 7
    phase = np.cumsum(np.clip(rate, 5, 3000)) / RATE
    pulses = np.diff(np.floor(phase), prepend=0) * rng.uniform(0.5, 1, n)
    return formants(rng, pulses) * np.maximum(0, curve(rng, n, int(rng.integers(2, 7)), -0.2, 1))


def blast(rng: Rng) -> np.ndarray:
    """Explosions, thunder, shots, doors slammed."""
    parts, now = [], 0.02
    for _ in range(int(rng.choice([1, 1, 1, 2, 4]))):
        decay = log_uniform(rng, 0.03, 1.2)
        n = int(min(4, 4 * decay + 0.1) * RATE)
        high, low = noise(rng, n, rng.uniform(-2, 4)), noise(rng, n, rng.uniform(6, 12))
        rumble = curve(rng, n, int(2 + 8 * decay), 0.2, 1)
        parts.append((now, rng.uniform(0.3, 1) * (high * envelope(n, 0.002, decay * rng.uniform(0.05, 0.6)) + low * rumble * envelope(n, rng.choice([0.003, 0.2]), decay))))
        now += rng.uniform(0.15, 1.5)
    return place(int(min(5, now + 3 * decay) * RATE), parts)


def croak(rng: Rng) -> np.ndarray:
    """Trains of pulses, in groups: frogs, woodpeckers, ratchets, machine guns."""
    seconds = seconds_of(rng, 0.5, 4)
    group, gap = log_uniform(rng, 0.1, 1.2), rng.uniform(0.1, 1)
    rate, decay = log_uniform(rng, 8, 70), log_uniform(rng, 0.003, 0.03)
    low = log_uniform(rng, 150, 3000)
    events, now = [], 0.0
    while now < seconds:
        for k in range(max(1, int(group * rate))):
            n = int(6 * decay * RATE) + 20
            grain = band(rng.standard_normal(n), low, low * 2) * envelope(n, 0.001, decay)
            events.append((now + k / rate * rng.uniform(0.97, 1.03), rng.uniform(0.6, 1) * grain))
        now += group + gap * rng.uniform(0.7, 1.3)
    return place(int((seconds + group + 0.1) * RATE), events)


def typing(rng: Rng) -> np.ndarray:
    """Keys, mice, shutters, latches: pairs of small clicks at a person's rhythm."""
    seconds = seconds_of(rng, 0.4, 4)
    low = log_uniform(rng, 300, 3000)
    decay, apart = log_uniform(rng, 0.002, 0.02), rng.uniform(0.02, 0.2)
    events = []
    for start in times(rng, seconds, log_uniform(rng, 1.5, 12), rng.uniform(0.2, 1)):
        for delay in (0, apart) if rng.random() < 0.6 else (0,):
            n = int(8 * decay * RATE) + 20
            grain = band(rng.standard_normal(n), low * rng.uniform(0.7, 1.4), low * 2.5) * envelope(n, 0.001, decay)
            events.append((start + delay, rng.uniform(0.2, 1) * grain))
    return place(int((seconds + 0.3) * RATE), events)


def motor(rng: Rng) -> np.ndarray:
    """Appliances: a whine that starts and stops, and air."""
    seconds = seconds_of(rng, 1)
    n = int(seconds * RATE)
    x = np.linspace(0, 1, n)
    up, down = rng.uniform(0.01, 0.5), rng.uniform(0.01, 0.5)
    run = np.minimum(1, np.minimum(x / up, (1 - x) / down)) ** rng.uniform(0.3, 1)
    f0 = log_uniform(rng, 80, 1200) * (0.3 + 0.7 * run) * 2 ** curve(rng, n, 4, -0.05, 0.05)
    out = harmonic(rng, f0, rng.uniform(0, 12)) * rng.uniform(0.1, 1) + noise(rng, n, rng.uniform(-1, 6)) * rng.uniform(0.05, 1)
    return out * (0.02 + run)


def melody(rng: Rng) -> np.ndarray:
    """Notes of a simple instrument."""
    step = log_uniform(rng, 0.1, 0.8)
    base, tilt, decay = log_uniform(rng, 110, 900), rng.uniform(3, 18), log_uniform(rng, 0.1, 2)
    events = []
    for k in range(int(rng.integers(1, 9))):
        n = int(min(2, 3 * decay) * RATE)
        tone = base * 2 ** (rng.choice([0, 2, 3, 4, 5, 7, 9, 12]) / 12)
        events.append((k * step, harmonic(rng, np.full(n, tone), tilt) * envelope(n, rng.choice([0.003, 0.05]), decay)))
        if k * step > 3.5:
            break
    return place(int((len(events) * step + min(1.5, 2 * decay)) * RATE), events)


def crowd(rng: Rng) -> np.ndarray:
    """People who talk or cheer at once: each a pulse train through a mouth that opens at the rate of syllables, near or far."""
    seconds = seconds_of(rng, 1.5)
    n = int(seconds * RATE)
    t = np.arange(n) / RATE
    cheers = rng.random() < 0.4
    out = np.zeros(n)
    for _ in range(int(log_uniform(rng, 4, 24))):
        base = log_uniform(rng, 90, 280) * (2 ** rng.uniform(0.3, 1.2) if cheers else 1)
        f0 = base * 2 ** curve(rng, n, int(2 + seconds * rng.uniform(0.5, 2)), -0.25, 0.25)
        pulses = np.diff(np.floor(np.cumsum(f0) / RATE), prepend=0)
        voice = signal.lfilter([1], [1, -rng.uniform(0.8, 0.95)], pulses) + 0.03 * rng.standard_normal(n)
        voice = formants(rng, voice)
        syllables = rng.uniform(0.3, 1.5) if cheers else rng.uniform(3, 6)
        opening = np.clip(np.sin(2 * np.pi * syllables * t * 2 ** curve(rng, n, 5, -0.3, 0.3) + rng.uniform(0, 6.28)) + rng.uniform(0, 0.6), 0, 1)
        talks = (curve(rng, n, int(2 + seconds * 1.5), -1, 1) > rng.uniform(-1, 0.2)).astype(float)
        far = log_uniform(rng, 1, 8)
        voice = signal.sosfilt(signal.butter(1, 7000 / far**0.5, fs=RATE, output="sos"), voice * opening * talks)
        out += voice / (np.std(voice) + 1e-9) / far
    return out * curve(rng, n, int(rng.integers(2, 6)), 0.4, 1)


def applause(rng: Rng) -> np.ndarray:
    """Hands: each person's claps ring at the pitch of that person's hollow, at a rate of their own; the rates may fall into step."""
    seconds = seconds_of(rng, 1.5)
    in_step, common = rng.random() < 0.25, rng.uniform(1.8, 4)
    events = []
    for _ in range(int(log_uniform(rng, 2, 60))):
        center, decay, level = log_uniform(rng, 500, 2800), log_uniform(rng, 0.003, 0.012), log_uniform(rng, 0.1, 1)
        rate = common if in_step else rng.uniform(2.2, 5.5)
        now = rng.uniform(0, 0.08) if in_step else rng.uniform(0, 0.9)
        stops = seconds * (1 if in_step else rng.uniform(0.4, 1))
        while now < stops:
            n = int(8 * decay * RATE)
            clap = band(rng.standard_normal(n), center * 0.75, center * 1.35, 1) * envelope(n, 0.0008, decay)
            events.append((now, level * rng.uniform(0.6, 1) * clap / (np.max(np.abs(clap)) + 1e-9)))
            now += (1 + 0.06 * rng.standard_normal()) / rate
    return place(int((seconds + 0.1) * RATE), events)


def thunder(rng: Rng) -> np.ndarray:
    """A bent channel whose parts are heard one after the other, each a pressure wave that far air has dulled."""
    seconds = seconds_of(rng, 1.5)
    n = int(seconds * RATE)
    out = np.zeros(n)
    distance = log_uniform(rng, 0.2, 4)
    where = 0.0
    for _ in range(int(log_uniform(rng, 20, 300))):
        where += rng.standard_normal() * 0.08 * seconds
        at = int(np.clip(abs(where) + rng.uniform(0, 0.02), 0, 0.9 * seconds) * RATE)
        width = int(log_uniform(rng, 0.002, 0.03) * RATE)
        wave = np.linspace(1, -1, width) * rng.uniform(0.2, 1) * np.exp(-at / RATE / (0.5 * seconds))
        part = wave[: n - at]
        out[at : at + len(part)] += part
    rumble = noise(rng, n, 9) * curve(rng, n, int(rng.integers(3, 9)), 0.1, 1) * envelope(n, 0.05, 0.5 * seconds)
    out = out / (np.std(out) + 1e-9) + rng.uniform(0.1, 0.8) * rumble
    return signal.sosfilt(signal.butter(1, np.clip(1500 / distance, 90, 6000), fs=RATE, output="sos"), out)


def passing(rng: Rng) -> np.ndarray:
    """Something that drives or flies past: its pitch falls and its loudness swells as its distance has it (Doppler)."""
    seconds = seconds_of(rng, 1.5)
    n = int(seconds * RATE)
    t = np.arange(n) / RATE - seconds * rng.uniform(0.25, 0.75)
    speed, beside = log_uniform(rng, 5, 90), log_uniform(rng, 2, 30)
    away = np.hypot(speed * t, beside)
    f0 = log_uniform(rng, 30, 250) / (1 + speed * speed * t / away / 340)
    turning = harmonic(rng, f0, rng.uniform(1, 9), rng.uniform(0, 0.03))
    rolling = band(noise(rng, n, rng.uniform(0, 5)), 150, log_uniform(rng, 1000, 6000), 1)
    out = formants(rng, turning) + log_uniform(rng, 0.1, 3) * rolling / (np.std(rolling) + 1e-9)
    return out * (beside / away) ** rng.uniform(0.8, 1.6)


FAMILIES: dict[str, Callable[[Rng], np.ndarray]] = {
    f.__name__: f
    for f in (
        bark, cry, crow, bird, insect, rain, wind, waves, fire, engine, rotor, ticking, knocks, ringing, breaking,
        siren, beeps, horn, cough, laugh, breath, water, whoosh, zap, scraping, creak, blast, croak, typing, motor, melody,
        crowd, applause, thunder, passing,
    )
}  # fmt: skip


def again(rng: Rng, sound: np.ndarray, seconds: float = 4.2) -> np.ndarray:
    """The sound a few times over, never quite the same, as a recording of it goes on."""
    events, now, pause = [], 0.0, log_uniform(rng, 0.03, 1.2)
    while now < seconds - 0.2:
        speed = 2 ** (rng.uniform(0, 0.15) * rng.standard_normal())
        copy = np.interp(np.arange(0, len(sound) - 1, speed), np.arange(len(sound)), sound)
        events.append((now, rng.uniform(0.4, 1) * copy))
        now += len(copy) / RATE + pause * np.exp(0.5 * rng.standard_normal())
    return place(int(seconds * RATE), events)


def make(family: str, rng: Rng) -> np.ndarray:
    """One sound: a family's, sometimes over a background, recorded somewhere."""
    out = FAMILIES[family](rng)[: 6 * RATE]
    out = out / (np.max(np.abs(out)) + 1e-9)
    if len(out) < 2.5 * RATE and rng.random() < 0.5:
        out = again(rng, out)
    if rng.random() < 0.6:
        out = out + log_uniform(rng, 0.0005, 0.03) * noise(rng, len(out), rng.uniform(0, 9))
    if rng.random() < 0.5:
        n = int(log_uniform(rng, 0.05, 0.8) * RATE)
        room = rng.standard_normal(n) * np.exp(-6.9 * np.arange(n) / n)
        wet = signal.fftconvolve(out, room)[: len(out) + n // 2]
        out = np.pad(out, (0, len(wet) - len(out))) + log_uniform(rng, 0.02, 0.5) * wet / (np.max(np.abs(wet)) + 1e-9)
    if rng.random() < 0.5:
        out = signal.sosfilt(signal.butter(1, log_uniform(rng, 1500, 7500), fs=RATE, output="sos"), out)
    return (0.9 * out / (np.max(np.abs(out)) + 1e-9)).astype(np.float32)

/** What a sound does over time, apart from what makes it: an effect and a voice can both follow it. */
export interface Sketch {
  /** Seconds. */
  duration: number;
  /** Loudness, 0 … 1, at `t` seconds. */
  loudness(t: number): number;
  /** Pitch in Hz at `t` seconds. */
  pitch(t: number): number;
  /** The share of noise, 0 … 1, at `t` seconds. */
  noise(t: number): number;
  /** The centre of the spectrum in Hz at `t` seconds. */
  brightness(t: number): number;
}

const constant = (value: number) => () => value;
const ramp = (from: number, to: number, duration: number) => (t: number) =>
  from + (to - from) * Math.min(1, Math.max(0, t / duration));
const wave = (low: number, high: number, rate: number) => (t: number) =>
  low + (high - low) * (0.5 - 0.5 * Math.cos(2 * Math.PI * rate * t));

/** A short event: `attack` seconds up, then an exponential decay. */
interface Event {
  at: number;
  level: number;
  attack: number;
  decay: number;
}

function strike(event: Event, t: number): number {
  const since = t - event.at;
  if (since < 0) return 0;
  if (since < event.attack) return event.level * since / event.attack;
  return event.level * Math.exp(-(since - event.attack) / event.decay);
}

function events(list: Event[]) {
  const loudness = (t: number) => Math.min(1, list.reduce((sum, e) => sum + strike(e, t), 0));
  /** Seconds since the last event began, and which one it was. */
  const last = (t: number) => {
    let index = -1;
    list.forEach((event, i) => {
      if (event.at <= t) index = i;
    });
    return { index, since: index < 0 ? 0 : t - list[index].at };
  };
  return { loudness, last };
}

/** Loudness that fades in and out over `fade` seconds. */
const hold = (duration: number, fade: number) => (t: number) =>
  Math.max(0, Math.min(1, t / fade, (duration - t) / fade));

function siren(duration: number, pitch: (t: number) => number): Sketch {
  return {
    duration,
    loudness: hold(duration, 0.05),
    pitch,
    noise: constant(0.02),
    brightness: (t) => 2 * pitch(t),
  };
}

function bark(times: number[], top: number, decay: number): Sketch {
  const barks = events(times.map((at) => ({ at, level: 1, attack: 0.02, decay })));
  return {
    duration: times.at(-1)! + 0.35,
    loudness: barks.loudness,
    pitch: (t) => top * (0.55 + 0.45 * Math.exp(-barks.last(t).since / 0.08)),
    noise: constant(0.35),
    brightness: (t) => 700 + 900 * Math.exp(-barks.last(t).since / 0.06),
  };
}

function drip(drops: { at: number; pitch: number }[]): Sketch {
  const falls = events(drops.map(({ at }) => ({ at, level: 1, attack: 0.004, decay: 0.05 })));
  const pitch = (t: number) => {
    const { index, since } = falls.last(t);
    return drops[Math.max(0, index)].pitch * (1 + 6 * Math.min(since, 0.1));
  };
  return {
    duration: drops.at(-1)!.at + 0.3,
    loudness: falls.loudness,
    pitch,
    noise: constant(0.05),
    brightness: (t) => 1.5 * pitch(t),
  };
}

function engine(duration: number, pitch: (t: number) => number, stutter = 0): Sketch {
  return {
    duration,
    loudness: (t) => hold(duration, 0.08)(t) * (1 - stutter * wave(0, 1, 7)(t)),
    pitch,
    noise: constant(0.3),
    brightness: (t) => 250 + 5 * pitch(t),
  };
}

function clock(period: number, count: number, bright: [number, number]): Sketch {
  const ticks = events(
    Array.from({ length: count }, (_, i) => ({
      at: 0.05 + i * period,
      level: i % 2 === 0 ? 1 : 0.7,
      attack: 0.002,
      decay: 0.018,
    })),
  );
  return {
    duration: 0.05 + count * period,
    loudness: ticks.loudness,
    pitch: constant(1200),
    noise: constant(0.9),
    brightness: (t) => bright[Math.max(0, ticks.last(t).index) % 2],
  };
}

function wind(duration: number, gust: (t: number) => number, howl: number): Sketch {
  return {
    duration,
    loudness: (t) => hold(duration, 0.2)(t) * (0.25 + 0.75 * gust(t)),
    pitch: (t) => 350 + 500 * gust(t),
    noise: constant(1 - howl),
    brightness: (t) => 400 + 1400 * gust(t),
  };
}

/** The sketches of the data set's items: class → four of a kind. */
export const SKETCHES: Record<string, Sketch[]> = {
  siren: [
    siren(1.6, wave(500, 1100, 0.9)),
    siren(1.3, wave(600, 1300, 3.5)),
    siren(1.6, (t) => Math.floor(t / 0.4) % 2 === 0 ? 650 : 480),
    siren(1.4, (t) => 400 + 900 * (t % 0.7) / 0.7),
  ],
  bark: [
    bark([0.02], 520, 0.12),
    bark([0.02, 0.45], 640, 0.09),
    bark([0.02, 0.25, 0.48, 0.71], 800, 0.05),
    bark([0.02, 0.55, 0.8], 380, 0.14),
  ],
  drip: [
    drip([{ at: 0.05, pitch: 900 }, { at: 0.55, pitch: 900 }, { at: 1.05, pitch: 900 }]),
    drip([{ at: 0.05, pitch: 1300 }, { at: 0.2, pitch: 800 }, { at: 0.75, pitch: 1000 }]),
    drip(
      Array.from({ length: 7 }, (_, i) => ({ at: 0.05 + 0.14 * i, pitch: 700 + 120 * (i % 3) })),
    ),
    drip([{ at: 0.05, pitch: 600 }]),
  ],
  engine: [
    engine(1.4, constant(70)),
    engine(1.5, ramp(60, 210, 1.3)),
    engine(1.6, wave(80, 190, 1.25)),
    engine(1.3, ramp(150, 60, 1.2), 0.8),
  ],
  clock: [
    clock(0.5, 3, [2400, 1700]),
    clock(0.25, 6, [2800, 2000]),
    clock(0.125, 10, [3200, 3200]),
    clock(0.33, 4, [1500, 1000]),
  ],
  wind: [
    wind(1.7, wave(0, 1, 0.6), 0),
    wind(1.6, wave(0, 1, 1.3), 0.1),
    wind(1.5, ramp(0, 1, 1.4), 0),
    wind(1.6, wave(0.2, 1, 0.7), 0.7),
  ],
};

/** A course over an event, `u` going from 0 to 1. */
export type Course = (u: number) => number;

/** One event of a sound, apart from what makes it: an effect and a voice can both follow it. */
export interface Event {
  /** When it begins, in seconds. */
  at: number;
  /** How long it is, in seconds. */
  seconds: number;
  /** Loudness, 0 … 1. */
  loudness: Course;
  /** Pitch in Hz. */
  pitch: Course;
  /** The share of noise, 0 … 1. */
  noise: number;
  /** The centre of the spectrum in Hz. */
  brightness: Course;
  /** Partials lie at `h ** stretch` times the pitch: 1 for strings and voices, more for metal. */
  stretch: number;
}

const constant = (value: number): Course => () => value;
/** A glide, even in octaves. */
const glide = (from: number, to: number): Course => (u) => from * (to / from) ** u;
/** Between two values, `cycles` times there and back. */
const wave = (low: number, high: number, cycles: number): Course => (u) =>
  low + (high - low) * (0.5 - 0.5 * Math.cos(2 * Math.PI * cycles * u));
const steps = (...values: number[]): Course => (u) =>
  values[Math.min(values.length - 1, Math.floor(u * values.length))];

/** Up at once, then an exponential decay to a thirtieth. */
const struck: Course = (u) => u < 0.04 ? u / 0.04 : 30 ** ((0.04 - u) / 0.96);
const held: Course = (u) => Math.max(0, Math.min(1, u / 0.05, (1 - u) / 0.05));
const swelling: Course = (u) => Math.sin(Math.PI * u) ** 2;

/** What one event sounds like, wherever it stands in its rhythm. */
type Colour = Pick<Event, "pitch" | "brightness"> & { noise?: number; stretch?: number };

/** The rhythms; three classes share each pair of them. */
const even = [0, 0.32, 0.64, 0.96], uneven = [0, 0.56, 0.8];
const whole = [0], halves = [0, 0.7];

function rhythm(onsets: number[], seconds: number, loudness: Course) {
  return (...colours: Colour[]): Event[] =>
    onsets.map((at, i) => ({
      at,
      seconds,
      loudness,
      noise: 0.05,
      stretch: 1,
      ...colours[i % colours.length],
    }));
}

const fourStrikes = rhythm(even, 0.3, struck), threeStrikes = rhythm(uneven, 0.3, struck);
const oneHeld = rhythm(whole, 1.4, held), twoSwells = rhythm(halves, 0.7, swelling);

const siren = (pitch: Course): Colour => ({ pitch, brightness: (u) => 2 * pitch(u) });
const bark = (pitch: Course, noise: number, brightness: Course): Colour => ({
  pitch,
  noise,
  brightness,
});
const drip = (from: number, to: number): Colour => ({
  pitch: glide(from, to),
  brightness: glide(1.5 * from, 1.5 * to),
});
const engine = (pitch: Course, noise: number): Colour => ({
  pitch,
  noise,
  brightness: (u) => 250 + 5 * pitch(u),
});
const tick = (frequency: number): Colour => ({
  pitch: constant(frequency),
  noise: 0.9,
  brightness: constant(frequency),
});
const bell = (frequency: number): Colour => ({
  pitch: constant(frequency),
  stretch: 1.2,
  brightness: constant(2 * frequency),
});
const wind = (brightness: Course, howl: number): Colour => ({
  pitch: (u) => brightness(u) / 2,
  noise: 1 - howl,
  brightness,
});

/**
 * The sketches of the data set's items: class → four of a kind. Barks, drips and clocks have the same
 * two courses of loudness, sirens, engines and wind another two; in each, two sounds of a class differ
 * in how pitch or timbre moves. Loudness alone can tell a sixth of a half.
 */
export const SKETCHES: Record<string, Event[][]> = {
  siren: [
    oneHeld(siren(wave(480, 1250, 3))),
    oneHeld(siren(steps(700, 480, 700, 480))),
    twoSwells(siren(glide(450, 1300))),
    twoSwells(siren(glide(1300, 450))),
  ],
  bark: [
    fourStrikes(bark(glide(620, 240), 0.3, glide(1500, 500))),
    fourStrikes(bark(glide(380, 900), 0.15, glide(800, 2400))),
    threeStrikes(bark(glide(560, 200), 0.3, glide(1300, 500))),
    threeStrikes(bark(constant(240), 0.75, constant(900))),
  ],
  drip: [
    fourStrikes(drip(1500, 1600), drip(1150, 1220), drip(880, 940), drip(650, 700)),
    fourStrikes(drip(1400, 1500), drip(700, 750)),
    threeStrikes(drip(600, 640), drip(900, 960), drip(1400, 1500)),
    threeStrikes(drip(550, 1400)),
  ],
  engine: [
    oneHeld(engine(glide(60, 220), 0.3)),
    oneHeld(engine(wave(70, 110, 9), 0.4)),
    twoSwells(engine(wave(60, 200, 1), 0.3)),
    twoSwells(engine(wave(80, 130, 5), 0.4)),
  ],
  clock: [
    fourStrikes(tick(3500), tick(1200)),
    fourStrikes(bell(1400)),
    threeStrikes(tick(600)),
    threeStrikes(bell(1700), bell(1100), bell(700)),
  ],
  wind: [
    oneHeld(wind(glide(500, 3500), 0)),
    oneHeld(wind(glide(2000, 700), 0.8)),
    twoSwells(wind(wave(500, 3000, 1), 0)),
    twoSwells(wind(wave(1900, 700, 1), 0.8)),
  ],
};

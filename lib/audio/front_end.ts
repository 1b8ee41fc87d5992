/**
 * What networks listen to: the waveform, or one of the log-mel spectrograms that usual encoders were
 * trained with. Sounds are cut or padded to the length that the network's input says.
 */
import type { Allocate } from "./buffers.ts";
import { EFFICIENT_AT, LogMel, type LogMelOptions } from "./mel.ts";
import { LOG_MELS, LogMelSpectrogram } from "./log_mel_spectrogram.ts";
import type { MelOptions, MelScale } from "./mel_bank.ts";

/**
 * - `waveform`: samples, at 16 kHz unless given;
 * - `efficientat`: the log-mel of EfficientAT at inference, as the challenge's MN baseline has it;
 * - `log-mel`: torchaudio's `MelSpectrogram` and `AmplitudeToDB`, HTK's scale;
 * - `clap`: that of CLAP (LAION, `ClapFeatureExtractor`): 10 s at 48 kHz, shorter sounds repeated;
 * - `whisper`: that of Whisper: 30 s at 16 kHz.
 */
export type FrontEndName = "waveform" | "efficientat" | "log-mel" | "clap" | "whisper";

/** A front end by its name, and what differs from its usual settings. */
export interface FrontEndOptions extends LogMelOptions {
  /** Which one; `efficientat` unless given. */
  name?: FrontEndName;
  /** `waveform`: to a mean of 0 and a variance of 1, as wav2vec 2.0 wants it. */
  normalize?: boolean;
  /** `log-mel`, `clap`, `whisper`: the mel scale. */
  melScale?: MelScale;
  /** `log-mel`, `clap`, `whisper`: whether bands have one area or one height. */
  norm?: MelOptions["norm"];
  /** `log-mel`: decibels of power from 1e-10 up, or the natural logarithm of `offset` and power. */
  logarithm?: "db" | "ln";
  /** `log-mel`: what is added to power before the natural logarithm; 1e-6 unless given. */
  offset?: number;
  /** `log-mel`: what is taken away from all values; 0 unless given. */
  mean?: number;
  /** `log-mel`: what all values are divided by, after that; 1 unless given. */
  std?: number;
}

/** The input or output of a network. */
export interface Tensor {
  /** The values, the last dimension's one after another. */
  data: Float32Array;
  /** The sizes of all dimensions, the batch of 1 included. */
  dims: number[];
}

/** A front end of one's own. */
export interface CustomFrontEnd {
  /** The sample rate in Hz that it listens at. */
  sampleRate: number;
  /** Seconds that sounds are cut to, or padded with zeros; they stay as long as they are unless given. */
  duration?: number;
  /** Makes a network's input of one channel; this runs in one process. */
  compute(samples: Float32Array): Tensor | Promise<Tensor>;
}

/** Sizes of a network's input: numbers, or names where any size will do. */
export type InputShape = readonly (number | string)[];

/** A front end that is ready for one network. */
export interface FrontEnd {
  /** In Hz. */
  readonly sampleRate: number;
  /** How many samples are heard; the whole sound where there is no number. */
  readonly length?: number;
  /** @param samples One channel at the sample rate; no more than `length`. */
  compute(samples: Float32Array, allocate: Allocate): Tensor | Promise<Tensor>;
}

const MEL_SETTINGS = Object.keys(EFFICIENT_AT);
const TORCH_SETTINGS = [...MEL_SETTINGS, "melScale", "norm"];
const SETTINGS: Record<FrontEndName, string[]> = {
  "waveform": ["sampleRate", "duration", "normalize"],
  "efficientat": MEL_SETTINGS,
  "log-mel": [...TORCH_SETTINGS, "logarithm", "offset", "mean", "std"],
  "clap": TORCH_SETTINGS,
  "whisper": TORCH_SETTINGS,
};

/** Whether the front end is a function, which other processes can't be given. */
export function isCustom(
  frontEnd: FrontEndName | FrontEndOptions | CustomFrontEnd,
): frontEnd is CustomFrontEnd {
  return typeof frontEnd === "object" && "compute" in frontEnd;
}

/**
 * Makes a front end for one network.
 *
 * @param wanted Its name, its name and settings, or one of one's own.
 * @param shape The network's input; empty where it is not known yet. It says how long sounds are to be,
 * unless `duration` does, and which way round a spectrogram goes.
 * @throws {RangeError} Where there is no such front end, or a setting makes none.
 */
export function createFrontEnd(
  wanted: FrontEndName | FrontEndOptions | CustomFrontEnd = {},
  shape: InputShape = [],
): FrontEnd {
  if (isCustom(wanted)) return custom(wanted);
  const { name = "efficientat", ...settings } = typeof wanted === "string"
    ? { name: wanted } as FrontEndOptions
    : wanted;
  if (!Object.hasOwn(SETTINGS, name)) {
    const names = Object.keys(SETTINGS).join(", ");
    throw new RangeError(`Expected frontEnd to be one of ${names} but found ${Deno.inspect(name)}`);
  }
  for (const key of Object.keys(settings)) {
    if (SETTINGS[name].includes(key)) continue;
    throw new RangeError(
      `Expected settings of the front end ${name} (${SETTINGS[name].join(", ")}) but found ${key}`,
    );
  }
  const { duration } = settings;
  if (duration !== undefined) checkDuration(duration);
  if (name === "waveform") return waveform(settings, shape);
  if (name === "efficientat") return efficientAt(settings, shape);
  const plan = new LogMelSpectrogram({ ...LOG_MELS[name], ...settings });
  const axes = findAxes(shape, plan.settings.nMels, plan.settings.isTimeFirst);
  const frames = duration === undefined ? axes.frames : undefined;
  const length = frames === undefined ? plan.length : plan.samplesFor(frames);
  return {
    sampleRate: plan.settings.sampleRate,
    length,
    compute(samples, allocate) {
      const shaped = { length, frames, isTimeFirst: axes.isTimeFirst };
      const { data, rows, columns } = plan.compute(samples, shaped, allocate);
      return { data, dims: [...leadingOnes(shape, plan.settings.rank, 2), rows, columns] };
    },
  };
}

function custom({ sampleRate, duration, compute }: CustomFrontEnd): FrontEnd {
  if (!(Number.isInteger(sampleRate) && sampleRate > 0)) {
    throw new RangeError(
      `Expected sampleRate of the front end to be a whole number of Hz but found ${sampleRate}`,
    );
  }
  if (duration !== undefined) checkDuration(duration);
  const length = duration === undefined ? undefined : Math.round(duration * sampleRate);
  return {
    sampleRate,
    length,
    // Somebody may keep what is given: it is no buffer that is used again.
    compute: async (samples) => checkTensor(await compute(padded(samples, length ?? 0))),
  };
}

/** Longer sounds than an hour are no clips that a network hears at once. */
const MAX_SECONDS = 3600;

function checkDuration(duration: number): void {
  if (duration > 0 && duration <= MAX_SECONDS) return;
  throw new RangeError(
    `Expected duration to be seconds above 0, an hour at most, but found ${duration}`,
  );
}

/** @throws {TypeError} Where a function of somebody's own has made no input. */
function checkTensor(made: Tensor): Tensor {
  const { data, dims } = made ?? {};
  const count = Array.isArray(dims) ? dims.reduce((product, size) => product * size, 1) : NaN;
  if (data instanceof Float32Array && data.length === count) return made;
  throw new TypeError(
    "Expected compute of the front end to return { data, dims }, a Float32Array and its sizes, but " +
      `found ${Deno.inspect(made, { depth: 1, iterableLimit: 3, breakLength: Infinity })}`,
  );
}

function waveform(settings: FrontEndOptions, shape: InputShape): FrontEnd {
  const { sampleRate = 16000, duration, normalize = false } = settings;
  const last = shape.at(-1);
  const fixed = typeof last === "number" ? last : undefined;
  const length = duration === undefined ? fixed : Math.round(duration * sampleRate);
  return {
    sampleRate,
    length,
    compute(samples, allocate) {
      const data = allocate(Math.max(1, length ?? samples.length));
      data.set(normalize ? standardized(samples) : samples);
      data.fill(0, samples.length);
      return { data, dims: [...leadingOnes(shape, 2, 1), data.length] };
    },
  };
}

function standardized(samples: Float32Array): Float32Array {
  let sum = 0, squares = 0;
  for (const x of samples) sum += x;
  const mean = sum / samples.length;
  for (const x of samples) squares += (x - mean) ** 2;
  const scale = 1 / Math.sqrt(squares / samples.length + 1e-7);
  return samples.map((x) => (x - mean) * scale);
}

function efficientAt(settings: FrontEndOptions, shape: InputShape): FrontEnd {
  const { sampleRate, hopLength, nMels } = { ...EFFICIENT_AT, ...settings };
  const { frames, isTimeFirst } = findAxes(shape, nMels, false);
  const duration = frames === undefined ? undefined : frames * hopLength / sampleRate;
  const plan = new LogMel({ ...duration === undefined ? {} : { duration }, ...settings });
  return {
    sampleRate,
    length: Math.round(plan.options.duration * sampleRate),
    compute(samples, allocate) {
      const mel = plan.compute(samples, allocate);
      const leading = leadingOnes(shape, 4, 2);
      if (!isTimeFirst) return { data: mel, dims: [...leading, nMels, plan.frames] };
      const data = allocate(mel.length);
      for (let i = 0; i < mel.length; i++) {
        data[i % plan.frames * nMels + Math.floor(i / plan.frames)] = mel[i];
      }
      return { data, dims: [...leading, plan.frames, nMels] };
    },
  };
}

/**
 * Which of a network's last two dimensions is time, and how many frames it wants there: as is usual,
 * unless the other order has a dimension as large as there are bands, and the usual one has not.
 */
function findAxes(shape: InputShape, bands: number, isUsuallyTimeFirst: boolean) {
  const [a, b] = shape.slice(-2);
  const [usual, other] = isUsuallyTimeFirst ? [b, a] : [a, b];
  const isTimeFirst = usual !== bands && other === bands ? !isUsuallyTimeFirst : isUsuallyTimeFirst;
  const frames = isTimeFirst ? a : b;
  return { isTimeFirst, frames: typeof frames === "number" ? frames : undefined };
}

/** Ones before the last dimensions: the batch, and a channel where the network has one. */
function leadingOnes(shape: InputShape, usualRank: number, last: number): number[] {
  return Array(Math.max(0, (shape.length || usualRank) - last)).fill(1);
}

/** A copy of the samples, with zeros up to a length. */
function padded(samples: Float32Array, length: number): Float32Array {
  const copy = new Float32Array(Math.max(samples.length, length));
  copy.set(samples);
  return copy;
}

import { RealFft } from "../../audio/fft.ts";
import { resample } from "../../audio/resample.ts";
import { readWav } from "../../audio/wav.ts";

/** What is followed of a sound over time, and what is said of it as a whole. */
export interface SoundFeatures {
  /**
   * Frame by frame, over a fixed number of frames from the first to the last audible one: loudness,
   * periodicity, pitch, brightness [shape=(FRAMES · CONTOURS,)].
   */
  contours: Float32Array;
  /** How strongly loudness swells and falls at rates up to 16 Hz, of length 1 [shape=(80,)]. */
  modulation: Float32Array;
  /**
   * Of the whole sound, each scaled to a range of about 1: log duration; means of periodicity and
   * brightness; spreads of brightness, pitch and loudness; mean loudness; the temporal centroid; how
   * much of the time loudness rises [shape=(9,)].
   */
  statistics: Float32Array;
}

/** Frames that every sound is stretched to: imitations keep order better than tempo. */
export const FRAMES = 64;
/** Values a frame in `contours`. */
export const CONTOURS = 4;

const STATISTICS = 9;
const SAMPLE_RATE = 16000;
const N_FFT = 1024;
const WINDOW = 640;
const HOP = 160;
/** Longer sounds are listened to up to here. */
const MAX_SECONDS = 10;
/** Frames this far below the loudest count as silence, in dB. */
const FLOOR = 45;
/** The range of pitches that is looked for, in Hz. */
const PITCH: [number, number] = [70, 1000];
/** Frames of loudness, from the beginning, that rates are measured in: 5.12 s. */
const MODULATION_FRAMES = 512;
const MODULATION_RATES = 80;

/** The features as one vector, as processes exchange them. */
export function packFeatures(features: SoundFeatures): Float32Array {
  const { contours, modulation, statistics } = features;
  const out = new Float32Array(contours.length + modulation.length + statistics.length);
  out.set(contours);
  out.set(modulation, contours.length);
  out.set(statistics, contours.length + modulation.length);
  return out;
}

/** The inverse of {@linkcode packFeatures}; the parts are views of the vector. */
export function unpackFeatures(vector: Float32Array): SoundFeatures {
  const first = FRAMES * CONTOURS, second = first + MODULATION_RATES;
  return {
    contours: vector.subarray(0, first),
    modulation: vector.subarray(first, second),
    statistics: vector.subarray(second, second + STATISTICS),
  };
}

interface Frames {
  count: number;
  level: Float32Array;
  periodicity: Float32Array;
  pitch: Float32Array;
  brightness: Float32Array;
}

/** Extracts the features of a file. */
export class FeatureExtractor {
  readonly #fft = new RealFft(N_FFT);
  readonly #modulationFft = new RealFft(MODULATION_FRAMES);
  readonly #window = Float32Array.from(
    { length: WINDOW },
    (_, i) => 0.5 - 0.5 * Math.cos(2 * Math.PI * (i + 0.5) / WINDOW),
  );
  readonly #windowCorrelation = this.#autocorrelation(this.#spectrumOf(this.#window));
  /** @param path A WAV file. */
  extract(path: string): SoundFeatures {
    const { samples, sampleRate } = readWav(path);
    return this.extractFrom(resample(samples, sampleRate, SAMPLE_RATE, MAX_SECONDS * SAMPLE_RATE));
  }

  /** @param samples One channel at 16 kHz. */
  extractFrom(samples: Float32Array): SoundFeatures {
    const frames = trim(this.#analyze(samples));
    return {
      contours: contoursOf(frames),
      modulation: this.#modulationOf(frames),
      statistics: statisticsOf(frames),
    };
  }

  #spectrumOf(samples: Float32Array): Float32Array {
    const packed = this.#fft.forward(samples);
    const power = new Float32Array(N_FFT / 2 + 1);
    for (let bin = 0; bin < power.length; bin++) {
      power[bin] = packed[2 * bin] ** 2 + packed[2 * bin + 1] ** 2;
    }
    return power;
  }

  /** The autocorrelation of what has that power spectrum: the transform of an even sequence. */
  #autocorrelation(power: Float32Array): Float32Array {
    const even = new Float32Array(N_FFT);
    even.set(power);
    for (let bin = 1; bin < N_FFT / 2; bin++) even[N_FFT - bin] = power[bin];
    const packed = this.#fft.forward(even);
    return Float32Array.from({ length: N_FFT / 2 }, (_, lag) => packed[2 * lag]);
  }

  #analyze(samples: Float32Array): Frames {
    const count = Math.max(1, 1 + Math.floor((samples.length - WINDOW) / HOP));
    const frames: Frames = {
      count,
      level: new Float32Array(count),
      periodicity: new Float32Array(count),
      pitch: new Float32Array(count),
      brightness: new Float32Array(count),
    };
    const windowed = new Float32Array(WINDOW);
    for (let frame = 0; frame < count; frame++) {
      const start = frame * HOP;
      for (let i = 0; i < WINDOW; i++) windowed[i] = (samples[start + i] ?? 0) * this.#window[i];
      const power = this.#spectrumOf(windowed);
      this.#describe(power, frame, frames);
    }
    return frames;
  }

  #describe(power: Float32Array, frame: number, frames: Frames): void {
    let energy = 1e-9, weighted = 0;
    // Below 80 Hz there is little of a voice, and much of mains hum and handling.
    for (let bin = 5; bin < power.length; bin++) {
      energy += power[bin];
      weighted += power[bin] * Math.log2(bin);
    }
    frames.level[frame] = 10 * Math.log10(energy);
    frames.brightness[frame] = weighted / energy;
    const correlation = this.#autocorrelation(power);
    let best = 0, bestLag = 1;
    for (let lag = SAMPLE_RATE / PITCH[1]; lag <= SAMPLE_RATE / PITCH[0]; lag++) {
      const normal = this.#windowCorrelation[lag] / this.#windowCorrelation[0];
      const value = correlation[lag] / (correlation[0] + 1e-9) / normal;
      // A period's double correlates as well: the shorter one has to be clearly worse to lose.
      const isPeak = correlation[lag] >= correlation[lag - 1] &&
        correlation[lag] >= correlation[lag + 1];
      if (isPeak && value > best + 0.02) {
        best = value;
        bestLag = lag;
      }
    }
    frames.periodicity[frame] = Math.min(1, Math.max(0, best));
    frames.pitch[frame] = Math.log2(SAMPLE_RATE / bestLag);
  }

  #modulationOf(frames: Frames): Float32Array {
    const loudness = loudnessOf(frames);
    const count = Math.min(frames.count, MODULATION_FRAMES);
    const mean = loudness.subarray(0, count).reduce((sum, value) => sum + value, 0) / count;
    const spectrum = this.#modulationFft.forward(
      loudness.subarray(0, count).map((value, i) =>
        (value - mean) * (0.5 - 0.5 * Math.cos(2 * Math.PI * (i + 0.5) / count))
      ),
    );
    const magnitudes = Float32Array.from(
      { length: MODULATION_RATES },
      (_, rate) => Math.hypot(spectrum[2 * rate + 2], spectrum[2 * rate + 3]),
    );
    const norm = Math.hypot(...magnitudes) + 1e-9;
    return magnitudes.map((value) => value / norm);
  }
}

/** Loudness in 0 … 1: 0 at the floor below the loudest frame. */
function loudnessOf({ level }: Frames): Float32Array {
  const peak = level.reduce((peak, value) => Math.max(peak, value), -Infinity);
  return level.map((value) => Math.max(0, 1 + (value - peak) / FLOOR));
}

/** Cuts off what is silent at both ends. */
function trim(frames: Frames): Frames {
  const loudness = loudnessOf(frames);
  const first = loudness.findIndex((value) => value > 0);
  const end = loudness.findLastIndex((value) => value > 0) + 1;
  return {
    count: end - first,
    level: frames.level.slice(first, end),
    periodicity: frames.periodicity.slice(first, end),
    pitch: frames.pitch.slice(first, end),
    brightness: frames.brightness.slice(first, end),
  };
}

/** The mean of `values`, weighted. */
function weightedMean(values: Float32Array, weights: Float32Array): number {
  let sum = 0, total = 1e-9;
  for (let i = 0; i < values.length; i++) {
    sum += values[i] * weights[i];
    total += weights[i];
  }
  return sum / total;
}

function contoursOf(frames: Frames): Float32Array {
  const loudness = loudnessOf(frames);
  const voiced = frames.periodicity.map((value, i) => Math.max(0, value - 0.5) * loudness[i]);
  const pitchMean = weightedMean(frames.pitch, voiced);
  const brightnessMean = weightedMean(frames.brightness, loudness);
  const out = new Float32Array(frames.count * CONTOURS);
  for (let i = 0; i < frames.count; i++) {
    const certain = Math.min(1, 2 * Math.max(0, frames.periodicity[i] - 0.5)) * loudness[i];
    out[i * CONTOURS] = loudness[i];
    out[i * CONTOURS + 1] = frames.periodicity[i] * loudness[i];
    // A voice moves by less than the sounds that it follows: compare directions more than spans.
    out[i * CONTOURS + 2] = certain * Math.tanh(frames.pitch[i] - pitchMean);
    out[i * CONTOURS + 3] = loudness[i] * Math.tanh(frames.brightness[i] - brightnessMean);
  }
  return stretch(out, CONTOURS);
}

/** Stretches rows of `width` values to {@linkcode FRAMES} rows, by straight lines. */
function stretch(values: Float32Array, width: number): Float32Array {
  const count = values.length / width;
  const out = new Float32Array(FRAMES * width);
  for (let frame = 0; frame < FRAMES; frame++) {
    const position = frame * (count - 1) / (FRAMES - 1);
    const first = Math.floor(position), second = Math.min(count - 1, first + 1);
    const part = position - first;
    for (let c = 0; c < width; c++) {
      out[frame * width + c] = (1 - part) * values[first * width + c] +
        part * values[second * width + c];
    }
  }
  return out;
}

function statisticsOf(frames: Frames): Float32Array {
  const loudness = loudnessOf(frames);
  const voiced = frames.periodicity.map((value, i) => Math.max(0, value - 0.5) * loudness[i]);
  const mean = (values: Float32Array) => weightedMean(values, loudness);
  const spread = (values: Float32Array, weights: Float32Array) => {
    const middle = weightedMean(values, weights);
    return Math.sqrt(weightedMean(values.map((value) => (value - middle) ** 2), weights));
  };
  const ones = new Float32Array(frames.count).fill(1);
  const center = weightedMean(
    Float32Array.from({ length: frames.count }, (_, i) => i / frames.count),
    loudness,
  );
  let rises = 0;
  for (let i = 5; i < frames.count; i++) if (loudness[i] > loudness[i - 5] + 0.25) rises++;
  return Float32Array.from([
    Math.log2(frames.count * HOP / SAMPLE_RATE),
    2 * mean(frames.periodicity),
    0.5 * mean(frames.brightness),
    spread(frames.brightness, loudness),
    spread(frames.pitch, voiced),
    4 * spread(loudness, ones),
    2 * weightedMean(loudness, ones),
    3 * center,
    6 * rises / frames.count,
  ]);
}

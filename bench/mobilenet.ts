import { borrow, giveBack } from "../lib/audio/buffers.ts";
import { LogMel } from "../lib/audio/mel.ts";
import { resample } from "../lib/audio/resample.ts";
import { readWav } from "../lib/audio/wav.ts";
import { EmbeddingPool } from "../lib/embedding/pool.ts";
import { OnnxDualEncoder } from "../lib/models/onnx_dual_encoder.ts";
import { OnnxEncoder } from "../lib/onnx/encoder.ts";
import { makeClips, makeEncoder } from "./clips.ts";

/** How fast the MN baseline is at full size, and where one core spends its time. */
export interface MobileNetSpeed {
  /** Clips a second, from their files to their embeddings, once all processes are at work. */
  clipsPerSecond: number;
  /** Until the processes have started and loaded the network, and each has embedded its first clips. */
  secondsToStart: number;
  /** Milliseconds a clip, on one core. */
  steps: Record<"decode" | "resample" | "mel" | "network", number>;
}

/** Clips that each core gets before the time is taken: compilers have to see what there is to do. */
const WARM_UP = 10;

/** Clips of 10 s and an encoder at full size, to be measured any number of times. */
export class MobileNetBench {
  readonly #paths: string[];
  readonly #encoder: string;

  private constructor(paths: string[], encoder: string) {
    this.#paths = paths;
    this.#encoder = encoder;
  }

  /** Makes the clips and the encoder in a folder. */
  static async make(folder: string, clips: number): Promise<MobileNetBench> {
    return new MobileNetBench(makeClips(folder, clips), await makeEncoder(folder));
  }

  /** Measures all clips, as the model embeds them, then some of them step by step. */
  async measure(): Promise<MobileNetSpeed> {
    const options = { queryEncoder: this.#encoder, itemEncoder: this.#encoder, threads: 1 };
    const model = new OnnxDualEncoder(options);
    const warmUp = this.#paths.slice(0, WARM_UP * navigator.hardwareConcurrency);
    const start = performance.now();
    const pool = new EmbeddingPool((_, path) => model.embedItem(path), this.#paths.length, {
      module: import.meta.resolve("../lib/models/onnx_dual_encoder.ts"),
      options,
    });
    await pool.embed("item", warmUp, () => Promise.resolve());
    const ready = performance.now();
    await pool.embed("item", this.#paths, () => Promise.resolve());
    const end = performance.now();
    await pool.close();
    return {
      clipsPerSecond: 1000 * this.#paths.length / (end - ready),
      secondsToStart: (ready - start) / 1000,
      steps: await this.#measureSteps(),
    };
  }

  async #measureSteps(): Promise<MobileNetSpeed["steps"]> {
    const encoder = await OnnxEncoder.load(this.#encoder, { threads: 1 });
    const logMel = new LogMel();
    const { sampleRate: rate, duration, nMels } = logMel.options;
    const steps = { decode: 0, resample: 0, mel: 0, network: 0 };
    const paths = this.#paths.slice(0, 4 * WARM_UP);
    for (const [i, path] of [...this.#paths.slice(0, WARM_UP), ...paths].entries()) {
      const times = [performance.now()];
      const { samples, sampleRate } = readWav(path, borrow);
      times.push(performance.now());
      const resampled = resample(samples, sampleRate, rate, duration * rate, borrow);
      times.push(performance.now());
      const mel = logMel.compute(resampled, borrow);
      times.push(performance.now());
      await encoder.embed({ data: mel, dims: [1, 1, nMels, logMel.frames] });
      times.push(performance.now());
      [samples, resampled, mel].forEach(giveBack);
      if (i < WARM_UP) continue;
      (["decode", "resample", "mel", "network"] as const).forEach((step, s) => {
        steps[step] += (times[s + 1] - times[s]) / paths.length;
      });
    }
    await encoder.release();
    return steps;
  }
}

/** The figures as lines for people. */
export function describeMobileNet(speed: MobileNetSpeed): string {
  const { clipsPerSecond, secondsToStart, steps } = speed;
  const total = Object.values(steps).reduce((sum, ms) => sum + ms, 0);
  const shares = Object.entries(steps)
    .map(([step, ms]) => `${step} ${ms.toFixed(1)} ms (${(100 * ms / total).toFixed(0)} %)`);
  return `MN, width 1.0, 10 s clips: ${clipsPerSecond.toFixed(1)} clips/s after a start of ` +
    `${secondsToStart.toFixed(1)} s; on one core a clip takes ${total.toFixed(1)} ms: ` +
    shares.join(", ");
}

import { LogMel } from "../lib/audio/mel.ts";
import { resample } from "../lib/audio/resample.ts";
import { readWav } from "../lib/audio/wav.ts";
import { OnnxDualEncoder } from "../lib/models/onnx_dual_encoder.ts";
import { OnnxEncoder } from "../lib/onnx/encoder.ts";
import { makeClips, makeEncoder } from "./clips.ts";

/** Clips a second of the MN baseline at full size, and where one core spends its time. */
export interface MobileNetSpeed {
  clipsPerSecond: number;
  /** Milliseconds a clip, on one core. */
  steps: Record<"decode" | "resample" | "mel" | "network", number>;
}

/** Measures 10 s clips from their files to their embeddings. */
export async function measureMobileNet(folder: string, clips: number): Promise<MobileNetSpeed> {
  const paths = makeClips(folder, clips);
  const encoder = await makeEncoder(folder);
  const items = Object.fromEntries(paths.map((path) => [path, path]));
  const model = new OnnxDualEncoder({ queryEncoder: encoder, itemEncoder: encoder });
  const start = performance.now();
  await model.computeSimilarities(items, {});
  const seconds = (performance.now() - start) / 1000;
  return {
    clipsPerSecond: clips / seconds,
    steps: await measureSteps(paths.slice(0, 10), encoder),
  };
}

async function measureSteps(
  paths: string[],
  encoderPath: string,
): Promise<MobileNetSpeed["steps"]> {
  const encoder = await OnnxEncoder.load(encoderPath, 1);
  const logMel = new LogMel();
  const { sampleRate: rate, duration, nMels } = logMel.options;
  const steps = { decode: 0, resample: 0, mel: 0, network: 0 };
  // The first round is for the compilers.
  for (let round = 0; round < 2; round++) {
    for (const path of paths) {
      const times = [performance.now()];
      const { samples, sampleRate } = readWav(path);
      times.push(performance.now());
      const resampled = resample(samples, sampleRate, rate, duration * rate);
      times.push(performance.now());
      const mel = logMel.compute(resampled);
      times.push(performance.now());
      await encoder.embed(mel, nMels);
      times.push(performance.now());
      if (round === 0) continue;
      (["decode", "resample", "mel", "network"] as const).forEach((step, i) => {
        steps[step] += (times[i + 1] - times[i]) / paths.length;
      });
    }
  }
  await encoder.release();
  return steps;
}

/** The figures as lines for people. */
export function describeMobileNet({ clipsPerSecond, steps }: MobileNetSpeed): string {
  const total = Object.values(steps).reduce((sum, ms) => sum + ms, 0);
  const shares = Object.entries(steps)
    .map(([step, ms]) => `${step} ${ms.toFixed(1)} ms (${(100 * ms / total).toFixed(0)} %)`);
  return `MN, width 1.0, 10 s clips: ${
    clipsPerSecond.toFixed(1)
  } clips/s; on one core a clip takes ` +
    `${total.toFixed(1)} ms: ${shares.join(", ")}`;
}

import { join } from "node:path";
import wavefile from "wavefile";
import { seededRandom } from "../lib/challenge/statistics.ts";
import { buildMobileNet } from "../lib/models/mobilenet/mobilenet_graph.ts";
import { encoderTensors, PREFIX } from "../tests/models/mobilenet/encoder_tensors.ts";

const SECONDS = 10;
const SAMPLE_RATE = 44100;

/** Writes clips of 10 s, 44.1 kHz, 16 bit, one channel. @returns Their paths. */
export function makeClips(folder: string, count: number): string[] {
  const random = seededRandom(1);
  return Array.from({ length: count }, (_, i) => {
    const pitch = 100 + 900 * random();
    const samples = Int16Array.from(
      { length: SECONDS * SAMPLE_RATE },
      (_, t) => 8000 * Math.sin(2 * Math.PI * pitch * t / SAMPLE_RATE) + 4000 * (random() - 0.5),
    );
    const file = new wavefile.WaveFile();
    file.fromScratch(1, SAMPLE_RATE, "16", samples);
    const path = join(folder, `clip_${i}.wav`);
    Deno.writeFileSync(path, file.toBuffer());
    return path;
  });
}

/** Writes a full-size encoder (width 1.0) with random weights. @returns Its path. */
export async function makeEncoder(folder: string): Promise<string> {
  const path = join(folder, "encoder.onnx");
  Deno.writeFileSync(path, await buildMobileNet(encoderTensors(1), PREFIX));
  return path;
}

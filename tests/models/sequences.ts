/** Files in no order at all: lengths, rates and channels mixed, broken ones between. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { seededRandom } from "../../lib/challenge/statistics.ts";

const RATES = [8000, 11025, 16000, 22050, 32000, 44100, 48000, 96000];
const PROGRAM = fileURLToPath(new URL("./hear_all.ts", import.meta.url));

/** A WAV file of 32-bit floats, which can be no numbers as well. */
function wavOf(samples: Float32Array, rate: number, channels: number): Uint8Array {
  const bytes = new Uint8Array(44 + samples.byteLength);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode("RIFF----WAVEfmt "));
  view.setUint32(4, bytes.length - 8, true);
  view.setUint32(16, 16, true);
  view.setUint16(20, 3, true);
  view.setUint16(22, channels, true);
  view.setUint32(24, rate, true);
  view.setUint32(28, 4 * channels * rate, true);
  view.setUint16(32, 4 * channels, true);
  view.setUint16(34, 32, true);
  bytes.set(new TextEncoder().encode("data"), 36);
  view.setUint32(40, samples.byteLength, true);
  bytes.set(new Uint8Array(samples.buffer), 44);
  return bytes;
}

/** What came of each file, and the most memory that its process had, in bytes. */
export interface Heard {
  outcomes: Record<string, string>[];
  peakMemory: number;
}

/**
 * Writes files: lengths of 1 to 60 s, short ones mostly, equal lengths at other rates, primes and
 * powers of two; 8 to 96 kHz; 1, 2 and 6 channels; broken, empty and silent ones and NaN between.
 *
 * @returns Their paths.
 */
export function writeSequence(folder: string, count: number, seed: number): string[] {
  const random = seededRandom(seed);
  const pick = <T>(values: T[]) => values[Math.floor(random() * values.length)];
  return Array.from({ length: count }, (_, k) => {
    const path = join(folder, `${k}.wav`);
    const rate = pick(RATES), channels = pick([1, 1, 1, 2, 6]);
    // Of equal length whatever the rate, a prime, a power of two, or any.
    const frames = pick([
      () => 88200,
      () => 65537,
      () => 2 ** 16,
      () => 2 ** 17,
      () => 99991,
      () => Math.round(rate * (1 + 3 * random())),
      () => Math.round(rate * (1 + 3 * random())),
      () => Math.round(rate * (1 + 59 * random() ** 6)),
    ])();
    const kind = pick(["sound", "sound", "sound", "sound", "sound", "sound", "broken", "odd"]);
    const pitch = 80 + 900 * random(), glide = random() - 0.5;
    const samples = new Float32Array(
      channels * (kind === "odd" ? pick([0, 1, 700]) : frames),
    );
    for (let frame = 0, i = 0; i < samples.length; frame++) {
      const t = frame / rate;
      const tone = 0.4 * Math.sin(2 * Math.PI * pitch * t * (1 + glide * t / 10)) *
        Math.abs(Math.sin(3 * t));
      for (let channel = 0; channel < channels; channel++, i++) {
        samples[i] = tone + 0.05 * (((i * 7919 + k) % 1009) / 1009 - 0.5);
      }
    }
    if (kind === "odd" && samples.length > 9) samples[9] = pick([NaN, Infinity, 0.5]);
    const bytes = wavOf(samples, rate, channels);
    if (kind === "broken") {
      Deno.writeFileSync(path, bytes.subarray(0, pick([0, 11, 30, 44, 4001])));
    } else Deno.writeFileSync(path, bytes);
    return path;
  });
}

/** Hears files in one process, in this order. */
export async function hearInOneProcess(paths: string[]): Promise<Heard> {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", PROGRAM],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = process.stdin.getWriter();
  writer.write(new TextEncoder().encode(paths.map((path) => `${path}\n`).join("")))
    .then(() => writer.close());
  const { success, stdout } = await process.output();
  const lines = new TextDecoder().decode(stdout).trim().split("\n");
  if (!success || lines.length !== paths.length + 1) {
    throw new Error(`Expected ${paths.length} outcomes but found ${lines.length - 1}`);
  }
  return {
    outcomes: lines.slice(0, -1).map((line) => JSON.parse(line)),
    peakMemory: Number(lines.at(-1)),
  };
}

/** Hears each file in a process of its own, as many at a time as there are cores. */
export async function hearApart(paths: string[]): Promise<Heard["outcomes"]> {
  const outcomes: Heard["outcomes"] = [];
  let next = 0;
  const work = async () => {
    while (next < paths.length) {
      const index = next++;
      outcomes[index] = (await hearInOneProcess([paths[index]])).outcomes[0];
    }
  };
  await Promise.all(Array.from({ length: navigator.hardwareConcurrency }, work));
  return outcomes;
}

/** Where what is heard of a file after others is not what is heard of it alone. */
export interface OrderDifference {
  file: number;
  /** Which front end or model. */
  name: string;
  alone: string;
  after: string;
}

/** Hears files in one process and each in one of its own, and holds one against the other. */
export async function compareOrders(
  paths: string[],
): Promise<{ differences: OrderDifference[]; apart: Heard["outcomes"]; peakMemory: number }> {
  const { outcomes, peakMemory } = await hearInOneProcess(paths);
  const apart = await hearApart(paths);
  const differences = apart.flatMap((outcome, file) =>
    Object.entries(outcome).flatMap(([name, alone]) => {
      const after = outcomes[file][name];
      return after === alone ? [] : [{ file, name, alone, after }];
    })
  );
  return { differences, apart, peakMemory };
}

import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import wavefile from "wavefile";
import { Store } from "../../lib/library/store.ts";
import type { SoundInfo } from "../../lib/library/rows.ts";
import { seededRandom } from "../../lib/challenge/statistics.ts";
import { voice } from "../models/sounds.ts";
import { PROJECT } from "../support.ts";

/** Writes a WAV file of 16 bit, with as many equal channels as wanted. */
export function writeSound(
  path: string,
  samples: Float32Array,
  { rate = 16000, channels = 1 }: { rate?: number; channels?: number } = {},
): void {
  const wav = new wavefile.WaveFile();
  const integers = Int16Array.from(
    samples,
    (x) => Math.round(32767 * Math.max(-1, Math.min(1, x))),
  );
  wav.fromScratch(channels, rate, "16", channels === 1 ? integers : Array(channels).fill(integers));
  Deno.mkdirSync(dirname(path), { recursive: true });
  Deno.writeFileSync(path, wav.toBuffer());
}

/** Sounds that are unlike each other, as many as wanted: glides and rhythms drawn by chance. */
export function manySounds(count: number): Float32Array[] {
  const random = seededRandom(3);
  return Array.from({ length: count }, () => {
    const [from, to, swells] = [100 + 500 * random(), 100 + 500 * random(), 1 + 9 * random()];
    const seconds = 0.3 + 0.6 * random(), decay = 8 * random(), bend = 0.3 + 2 * random();
    return voice(
      seconds,
      (t) => from + (to - from) * (t / seconds) ** bend,
      (t) => Math.exp(-decay * (t * swells % 1)),
    );
  });
}

/** All rows of a library, sorted by path and start. */
export async function rowsOf(library: string): Promise<SoundInfo[]> {
  const store = await Store.open(library);
  try {
    const rows = await store.read("true");
    return rows.sort((a, b) => a.path < b.path ? -1 : a.path > b.path ? 1 : a.start - b.start);
  } finally {
    store.close();
  }
}

/** A block of code of docs/library.md, by how it begins. */
export function exampleIn(language: string, beginning: string): string {
  const text = Deno.readTextFileSync(join(PROJECT, "docs", "library.md"));
  const blocks = [...text.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, "gs"))];
  const found = blocks.map(([, code]) => code).find((code) => code.startsWith(beginning));
  assert.ok(found !== undefined, `no ${language} block begins with ${beginning}`);
  return found;
}

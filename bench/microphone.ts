/**
 * What a microphone adds must not throw the model: the MRR of imitations with a click, an offset, hum,
 * and of their first halves, as Markdown. `deno run -A bench/microphone.ts DATA`
 */
import { readAudio } from "../lib/audio/read_audio.ts";
import { listItems, listQueries, readGroundTruth, toPaths } from "../lib/challenge/dataset.ts";
import { evaluate } from "../lib/challenge/evaluation.ts";
import { type SoundView, VocalSearch } from "../lib/models/vocal_search/vocal_search.ts";

type Change = (samples: Float32Array<ArrayBuffer>, rate: number) => Float32Array<ArrayBuffer>;

function click(samples: Float32Array, gap: number): Float32Array<ArrayBuffer> {
  const out = new Float32Array(20 + gap + samples.length);
  out.set(samples, 20 + gap);
  for (let i = 0; i < 20; i++) out[i] = i % 2 ? 0.9 : -0.9;
  return out;
}

const CHANGES: [what: string, change: Change][] = [
  ["as it is", (samples) => samples],
  ["a click of 20 samples before it", (samples) => click(samples, 0)],
  ["the same, 0.1 s before it", (samples, rate) => click(samples, Math.round(rate / 10))],
  ["an offset of 0.1", (samples) => samples.map((x) => x + 0.1)],
  ["hum of 50 Hz at −20 dB", (samples, rate) => {
    const power = samples.reduce((sum, x) => sum + x * x, 0) / samples.length;
    const level = 0.1 * Math.sqrt(2 * power);
    return samples.map((x, i) => x + level * Math.sin(2 * Math.PI * 50 * i / rate));
  }],
  ["its first half", (samples) => samples.slice(0, samples.length >> 1)],
];

const [data = "data/qvim-mini"] = Deno.args;
const model = new VocalSearch();
const items = Object.entries(toPaths(listItems(data)));
const queries = Object.entries(toPaths(listQueries(data)));
const embedded: SoundView[][] = [];
for (const [, path] of items) embedded.push(await model.embedItem(path));
const scorer = await model.createScorer(embedded);
console.log("| imitation | MRR |\n| --- | --- |");
for (const [what, change] of CHANGES) {
  const rows: [string, Record<string, number>][] = [];
  for (const [query, path] of queries) {
    const { samples, sampleRate } = await readAudio(path);
    const changed = change(samples, sampleRate);
    const vector = await model.embedQueryAudio({ samples: changed, sampleRate });
    const [scores] = await scorer.score([vector]);
    rows.push([query, Object.fromEntries(items.map(([item], i) => [item, scores[i]]))]);
  }
  const { mrr } = await evaluate(rows, readGroundTruth(data));
  console.log(`| ${what} | ${mrr.toFixed(4)} |`);
}
await scorer.release();

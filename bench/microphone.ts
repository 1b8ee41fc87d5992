/**
 * What a microphone adds must not throw the model: the MRR of imitations with clicks, thumps, an offset,
 * a drift, hum, and of their first halves, as Markdown. `deno run -A bench/microphone.ts DATA`
 */
import { readAudio } from "../lib/audio/read_audio.ts";
import { listItems, listQueries, toPaths } from "../lib/challenge/dataset.ts";
import { readGroundTruth } from "../lib/challenge/ground_truth.ts";
import { evaluate } from "../lib/challenge/evaluation.ts";
import type { MonoAudio } from "../lib/audio/wav.ts";
import type { Scorer } from "../lib/embedding/representation_model.ts";
import { type SoundView, VocalSearch } from "../lib/models/vocal_search/vocal_search.ts";

type Change = (samples: Float32Array<ArrayBuffer>, rate: number) => Float32Array<ArrayBuffer>;

/** What a hand makes while a recording has begun and the imitation has not, by seconds. */
function before(
  samples: Float32Array,
  rate: number,
  seconds: number,
  sound: (time: number) => number,
): Float32Array<ArrayBuffer> {
  const lead = Math.round(seconds * rate);
  const out = new Float32Array(lead + samples.length);
  out.set(samples, lead);
  for (let i = 0; i < lead; i++) out[i] = sound(i / rate);
  return out;
}

/** 20 samples, as a button makes them. */
function click(rate: number): (time: number) => number {
  return (time) => {
    const i = Math.round(time * rate);
    return i < 0 || i >= 20 ? 0 : i % 2 ? 0.9 : -0.9;
  };
}

/** A tone that dies away. */
function ring(frequency: number, decay: number): (time: number) => number {
  return (time) =>
    time < 0 ? 0 : 0.9 * Math.exp(-time / decay) * Math.sin(2 * Math.PI * frequency * time);
}

const CHANGES: [what: string, change: Change][] = [
  ["as it is", (samples) => samples],
  ["a click of 20 samples before it", (x, rate) => before(x, rate, 20 / rate, click(rate))],
  ["the same, 0.1 s before it", (x, rate) => before(x, rate, 0.1, click(rate))],
  ["the same, 0.4 s after the recording began", (samples, rate) => {
    const sound = click(rate);
    return before(samples, rate, 0.6, (time) => sound(time - 0.4));
  }],
  ["two clicks, 60 ms apart", (samples, rate) => {
    const sound = click(rate);
    return before(samples, rate, 0.16, (time) => sound(time) + sound(time - 0.06));
  }],
  ["a click that rings for 10 ms", (x, rate) => before(x, rate, 0.1, ring(2000, 0.003))],
  ["a thump of a hand, 80 Hz", (x, rate) => before(x, rate, 0.15, ring(80, 0.02))],
  ["an offset of 0.1", (samples) => samples.map((x) => x + 0.1)],
  [
    "a drift from 0.2 to −0.2",
    (samples) => samples.map((x, i) => x + 0.2 - 0.4 * i / samples.length),
  ],
  [
    "rumble of 20 Hz, 0.1 high",
    (samples, rate) => samples.map((x, i) => x + 0.1 * Math.sin(2 * Math.PI * 20 * i / rate)),
  ],
  ["hum of 50 Hz at −20 dB", (samples, rate) => {
    const power = samples.reduce((sum, x) => sum + x * x, 0) / samples.length;
    const level = 0.1 * Math.sqrt(2 * power);
    return samples.map((x, i) => x + level * Math.sin(2 * Math.PI * 50 * i / rate));
  }],
];
/** What is lost of half an imitation beyond what half of each sound loses is the model's. */
const firstHalf: Change = (samples) => samples.slice(0, samples.length >> 1);

const [data = "data/qvim-mini"] = Deno.args;
const model = new VocalSearch();
const items = Object.entries(toPaths(listItems(data)));
const queries = Object.entries(toPaths(listQueries(data)));
/** The MRR where imitations are changed. */
async function measure(change: Change, scorer: Scorer<SoundView>): Promise<string> {
  const rows: [string, Record<string, number>][] = [];
  for (const [query, path] of queries) {
    const vector = await model.embedQueryAudio(await readChanged(path, change));
    const [scores] = await scorer.score([vector]);
    rows.push([query, Object.fromEntries(items.map(([item], i) => [item, scores[i]]))]);
  }
  return (await evaluate(rows, readGroundTruth(data))).mrr.toFixed(4);
}

async function readChanged(path: string, change: Change): Promise<MonoAudio> {
  const { samples, sampleRate } = await readAudio(path);
  return { samples: change(samples, sampleRate), sampleRate };
}

async function libraryOf(change: Change): Promise<Scorer<SoundView>> {
  const embedded: SoundView[][] = [];
  for (const [, path] of items) {
    embedded.push(await model.embedItemAudio(await readChanged(path, change)));
  }
  return await model.createScorer(embedded);
}

console.log("| imitation | MRR |\n| --- | --- |");
const sounds = await libraryOf((samples) => samples), halves = await libraryOf(firstHalf);
for (const [what, change] of CHANGES) console.log(`| ${what} | ${await measure(change, sounds)} |`);
console.log(`| its first half | ${await measure(firstHalf, sounds)} |`);
console.log(`| the same, of sounds cut in half | ${await measure(firstHalf, halves)} |`);
await sounds.release();
await halves.release();

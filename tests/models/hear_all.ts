/**
 * Hears the files that are named on standard input, one after another, by every front end and model,
 * and prints a line of JSON for each: what came of it, as a digest or as an error's message. The last
 * line is the most memory that the process had, in bytes.
 */
import { createHash } from "node:crypto";
import { readLines } from "../../lib/embedding/protocol.ts";
// From where they are: by the library's one door much else would come in, into each of many processes.
import { fourierResample } from "../../lib/audio/fourier_resample.ts";
import { LogMel } from "../../lib/audio/mel.ts";
import { readAudio } from "../../lib/audio/read_audio.ts";
import { resample } from "../../lib/audio/resample.ts";
import { melSpectrogram, mfcc } from "../../lib/audio/spectra.ts";
import { TwoDft } from "../../lib/models/two_dft.ts";
import { VocalSearch } from "../../lib/models/vocal_search/vocal_search.ts";

const twoDft = new TwoDft(), vocalSearch = new VocalSearch();
/** Made once, like those of a model; other lengths and rates go through the same plans. */
const logMels = [new LogMel(), new LogMel({ duration: 1, nMels: 64 })];

type Digested = Float32Array | Float64Array | number | string;

/** Everything that a file is heard by. */
const HEARERS: Record<string, (path: string) => Promise<Digested[]>> = {
  samples: async (path) => {
    const { samples, sampleRate } = await readAudio(path);
    return [samples, sampleRate];
  },
  resampled: async (path) => {
    const { samples, sampleRate } = await readAudio(path);
    const start = samples.slice(0, 3 * sampleRate);
    return [16000, 32000, 44100].flatMap((rate) => [
      resample(start, sampleRate, rate),
      fourierResample(start, sampleRate, rate, 5 * rate),
    ]);
  },
  spectra: async (path) => {
    const { samples, sampleRate } = await readAudio(path);
    const start = samples.slice(0, 2 * sampleRate);
    return [
      melSpectrogram(start, sampleRate, { nMels: 40 }).data,
      mfcc(start, sampleRate, { nMfcc: 13 }).data,
      ...logMels.map((logMel) => logMel.compute(start)),
    ];
  },
  twoDft: async (path) => [await twoDft.embedItem(path), await twoDft.embedQuery(path)],
  vocalSearch: async (path) => {
    const views = [...await vocalSearch.embedItem(path), await vocalSearch.embedQuery(path)];
    return views.flatMap(({ features, embedding }) => [
      ...Object.values(features!) as Float32Array[],
      embedding!,
    ]);
  },
};

function digest(values: Digested[]): string {
  const hash = createHash("sha256");
  for (const value of values) {
    if (typeof value === "object") {
      hash.update(`${value.length}:`);
      hash.update(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
    } else hash.update(`${value};`);
  }
  return hash.digest("hex").slice(0, 16);
}

if (import.meta.main) {
  for await (const path of readLines(Deno.stdin.readable)) {
    const outcome: Record<string, string> = {};
    for (const [name, hear] of Object.entries(HEARERS)) {
      try {
        outcome[name] = digest(await hear(path));
      } catch (error) {
        outcome[name] = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      }
    }
    console.log(JSON.stringify(outcome));
  }
  const status = Deno.build.os === "linux" ? Deno.readTextFileSync("/proc/self/status") : "";
  console.log(1024 * Number(status.match(/VmHWM:\s+(\d+)/)?.[1] ?? 0));
}

/**
 * Makes all values again that tests and pages quote of `data/qvim-mini`:
 * `deno run -A tools/qvim_mini/references.ts [--models]`
 *
 * `--models`: only those of the models in TypeScript, after a change of theirs, without Python. Else
 * `python3` (or `QVIM_TEST_PYTHON`) needs librosa, numpy, onnxruntime, pandas, scipy and soundfile.
 */
import { join } from "node:path";
import { compareSystems } from "../../lib/challenge/comparison.ts";
import { listItems, listQueries, toPaths } from "../../lib/challenge/dataset.ts";
import type { QVIMModel } from "../../lib/challenge/model.ts";
import { bootstrapInterval } from "../../lib/challenge/statistics.ts";
import { BUILT_IN } from "../../lib/models/systems.ts";
import { PACKAGE_FOLDER } from "../../lib/organizer/template.ts";
import { Loudness } from "./loudness.ts";

/** The data set that the values are of. */
export const DATA = join(PACKAGE_FOLDER, "data", "qvim-mini");
const FIXTURES = join(PACKAGE_FOLDER, "tests", "fixtures");
const GOLDEN = join(FIXTURES, "qvim_mini.json");

/** The systems, from the simplest to the best. */
export const SYSTEMS: Record<string, () => QVIMModel> = {
  "loudness": () => new Loudness(),
  ...BUILT_IN,
};

/** What a system reaches. */
export interface Figures {
  mrr: number;
  /** Its 95 % interval. */
  interval: [low: number, high: number];
  classwiseMrr: number;
  classwiseNdcg: number;
}

/** The content of `tests/fixtures/qvim_mini.json`. */
export interface Golden {
  /** System → what it reaches. */
  figures: Record<string, Figures>;
  /** Those of 2DFT in NumPy, by the template's cells under pandas. */
  pandas: Omit<Figures, "interval">;
  /** System → scores of {@linkcode someScores}. */
  scores: Record<string, number[][]>;
}

/** The values that are committed. */
export function readGolden(): Golden {
  return JSON.parse(Deno.readTextFileSync(GOLDEN));
}

/** The scores of two queries for every third item: so few that no further process hears them. */
export async function someScores(model: QVIMModel): Promise<number[][]> {
  const items = toPaths(listItems(DATA).filter((_, i) => i % 3 === 0));
  const all = Object.entries(toPaths(listQueries(DATA)));
  const scores = await model.computeSimilarities(items, Object.fromEntries([all[0], all[20]]));
  return Object.values(scores).map((row) => Object.values(row));
}

async function measure(): Promise<Golden["figures"]> {
  const systems = Object.entries(SYSTEMS).map(([name, make]) =>
    [name, make()] as [string, QVIMModel]
  );
  const compared = await compareSystems(systems, DATA);
  return Object.fromEntries(compared.map(({ name, evaluation }) => {
    const { mrr, classwiseMrr, classwiseNdcg, results } = evaluation;
    const interval = bootstrapInterval(results.map(({ reciprocalRank }) => reciprocalRank));
    return [name, { mrr, interval, classwiseMrr, classwiseNdcg }];
  }));
}

function python(script: string, ...args: string[]): string {
  const { success, stdout } = new Deno.Command(Deno.env.get("QVIM_TEST_PYTHON") ?? "python3", {
    args: [join(PACKAGE_FOLDER, script), ...args],
    stderr: "inherit",
  }).outputSync();
  if (!success) throw new Error(`Expected ${script} to succeed but it failed`);
  return new TextDecoder().decode(stdout);
}

if (import.meta.main) {
  let { pandas } = Deno.args.includes("--models") ? readGolden() : {};
  if (pandas === undefined) {
    const bark = join(DATA, "Items", "bark", "bark_1.wav");
    python("tests/fixtures/make_spectra.py", bark, join(FIXTURES, "spectra.json"));
    python("training/references.py");
    const similarities = join(FIXTURES, "two_dft_qvim_mini.json");
    pandas = JSON.parse(python("tests/fixtures/make_two_dft.py", DATA, similarities));
  }
  const scores: Golden["scores"] = {};
  for (const [name, make] of Object.entries(SYSTEMS)) {
    const rows = await someScores(make());
    scores[name] = rows.map((row) => row.map((score) => Number(score.toFixed(5))));
  }
  const figures = await measure();
  Deno.writeTextFileSync(GOLDEN, JSON.stringify({ figures, pandas, scores }));
  await new Deno.Command(Deno.execPath(), { args: ["fmt", "--quiet", FIXTURES] }).output();
  for (const [name, { mrr, interval, classwiseMrr, classwiseNdcg }] of Object.entries(figures)) {
    const [low, high] = interval.map((value) => value.toFixed(3));
    const [a, b, c] = [mrr, classwiseMrr, classwiseNdcg].map((value) => value.toFixed(4));
    console.log(`${name.padEnd(14)} MRR ${a} (${low} … ${high}), class-wise ${b}, NDCG ${c}`);
  }
}

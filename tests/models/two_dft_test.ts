import assert from "node:assert/strict";
import { join } from "node:path";
import wavefile from "wavefile";
import { listItems, listQueries, toPaths } from "../../lib/challenge/dataset.ts";
import { readGroundTruth } from "../../lib/challenge/ground_truth.ts";
import { evaluate } from "../../lib/challenge/evaluation.ts";
import { pythonRound } from "../../lib/inspect/figures.ts";
import type { Similarities } from "../../lib/challenge/model.ts";
import { TwoDft } from "../../lib/models/two_dft.ts";
import { readGolden } from "../../tools/qvim_mini/references.ts";
import { PROJECT, withFolder } from "../support.ts";
import { largestDifference } from "./differences.ts";

Deno.test("TwoDft equals a NumPy and SciPy rendering of the baseline on the built-in data", async () => {
  const data = join(PROJECT, "data", "qvim-mini");
  const expected: Similarities = JSON.parse(
    Deno.readTextFileSync(join(PROJECT, "tests", "fixtures", "two_dft_qvim_mini.json")),
  );
  const scores = await new TwoDft().computeSimilarities(
    toPaths(listItems(data)),
    toPaths(listQueries(data)),
  );
  assert.equal(Object.keys(expected).length, 57);
  assert.ok(largestDifference(scores, expected) < 1e-6);
  // pandas and the template's cells give these for the reference scores.
  const { mrr, classwiseMrr, classwiseNdcg } = await evaluate(
    Object.entries(scores),
    readGroundTruth(data),
  );
  const rounded = (...figures: number[]) => figures.map((figure) => pythonRound(figure));
  const { pandas } = readGolden();
  assert.deepEqual(
    rounded(mrr, classwiseMrr, classwiseNdcg),
    rounded(pandas.mrr, pandas.classwiseMrr, pandas.classwiseNdcg),
  );
});

function writeWav(path: string, samples: number[], sampleRate = 8000) {
  const file = new wavefile.WaveFile();
  file.fromScratch(1, sampleRate, "16", samples);
  Deno.writeFileSync(path, file.toBuffer());
}

Deno.test("TwoDft embeds silence, and a sound too short for one sample, to zeros", () =>
  withFolder(async (folder) => {
    writeWav(join(folder, "silence.wav"), Array(8000).fill(0));
    writeWav(join(folder, "short.wav"), [1000], 44100);
    for (const name of ["silence.wav", "short.wav"]) {
      const embedding = await new TwoDft().embedItem(join(folder, name));
      assert.equal(embedding.length, 32 * 1142);
      assert.ok(embedding.every((value) => value === 0));
    }
  }));

Deno.test("TwoDft ranks a sound itself first, at another gain and later in time", () =>
  withFolder(async (folder) => {
    const tone = (pitch: number, gain: number, delay: number) =>
      Array.from({ length: 24000 }, (_, i) => {
        const t = i / 8000 - delay;
        return t < 0 || t > 2 ? 0 : Math.round(gain * Math.sin(2 * Math.PI * pitch * t * (1 + t)));
      });
    const paths = (names: string[]) =>
      Object.fromEntries(names.map((name) => [name, join(folder, name)]));
    writeWav(join(folder, "low.wav"), tone(100, 9000, 0));
    writeWav(join(folder, "high.wav"), tone(330, 9000, 0));
    writeWav(join(folder, "query.wav"), tone(330, 3000, 0.5));
    const { "query.wav": row } = await new TwoDft().computeSimilarities(
      paths(["low.wav", "high.wav"]),
      paths(["query.wav"]),
    );
    assert.ok(row["high.wav"] > 0.999 && row["low.wav"] < 0.98, JSON.stringify(row));
  }));

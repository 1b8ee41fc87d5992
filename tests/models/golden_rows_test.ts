/**
 * What a change of tuning would break silently: a few scores of each model, as they are meant, and what
 * is quoted of them. `deno run -A tools/qvim_mini/references.ts --models` makes them again.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { seededRandom } from "../../lib/challenge/statistics.ts";
import { pythonRound } from "../../lib/inspect/figures.ts";
import { encodeNpy } from "../../lib/io/npy.ts";
import { alignmentCost } from "../../lib/models/vocal_search/alignment.ts";
import { type Figures, readGolden, someScores, SYSTEMS } from "../../tools/qvim_mini/references.ts";
import { PROJECT } from "../support.ts";

const GOLDEN = readGolden();

for (const [name, make] of Object.entries(SYSTEMS)) {
  Deno.test(`${name} scores two queries of qvim-mini as it is meant to`, async () => {
    const found = await someScores(make());
    assert.equal(found.length, 2);
    GOLDEN.scores[name].forEach((row, q) =>
      row.forEach((value, i) =>
        // Processors round single precision differently.
        assert.ok(Math.abs(found[q][i] - value) < 2e-3, `${q}, ${i}: ${found[q][i]}, ${value}`)
      )
    );
  });
}

Deno.test("qvim-mini puts the simple below the good, and has room above", () => {
  const order = ["loudness", "2DFT", "contours", "fusion"].map((name) => GOLDEN.figures[name].mrr);
  assert.deepEqual(order, order.toSorted((a, b) => a - b));
  // By chance it is 0.157, the mean of 1 / r.
  assert.ok(order[0] < 0.3 && order[3] < 0.85, `${order}`);
});

Deno.test("the pages quote the figures of qvim-mini that its systems reach", () => {
  const read = (path: string) => Deno.readTextFileSync(join(PROJECT, path)).replaceAll(/ +/g, " ");
  const { fusion, ...others } = GOLDEN.figures;
  const digits = (...figures: number[]) => figures.map((figure) => pythonRound(figure));
  const mrr = (name: string) => pythonRound(others[name].mrr);
  const withInterval = ({ mrr, interval: [low, high] }: Figures) =>
    `${pythonRound(mrr)} (${low.toFixed(3)} … ${high.toFixed(3)})`;
  const readme = read("README.md");
  const [own, ownClass, ownNdcg] = digits(fusion.mrr, fusion.classwiseMrr, fusion.classwiseNdcg);
  const firstRun = `MRR : ${own}\nClass-wise MRR : ${ownClass}\nClass-wise NDCG: ${ownNdcg}\n`;
  assert.ok(readme.includes(firstRun), firstRun);
  assert.match(readme, new RegExp(`qvim-mini.*\\| ${mrr("2DFT")} \\| ${own} \\|`));
  const row = (...cells: string[]) => `| ${cells.join(" | ")} |`;
  const participants = row(
    ...[withInterval(others["2DFT"]), mrr("contours"), mrr("encoder")],
    ...[withInterval(fusion), mrr("fusion, batch")],
  );
  assert.ok(read("docs/participants.md").includes(participants), participants);
  const card = row(
    ...[mrr("2DFT"), mrr("contours"), mrr("encoder"), withInterval(fusion)],
    ...[ownClass, ownNdcg, mrr("fusion, batch"), (fusion.mrr / others["2DFT"].mrr).toFixed(1)],
  );
  assert.ok(read("lib/models/vocal_search/README.md").includes(card), card);
});

Deno.test("the pages quote the figures of the model's card on sets that are held out", () => {
  const read = (path: string) => Deno.readTextFileSync(join(PROJECT, path)).replaceAll(/ +/g, " ");
  const card = read("lib/models/vocal_search/README.md");
  const rowsOf = (pattern: RegExp) => card.match(pattern)!.map((row) => row.split(" | "));
  const mean = (rows: string[][], column: number) =>
    (rows.reduce((sum, row) => sum + parseFloat(row[column]), 0) / rows.length).toFixed(4);
  const readme = read("README.md"), participants = read("docs/participants.md");
  const heldOut = rowsOf(/^\| held-out-.*$/gm);
  // What stands before 2DFT's column differs between the card's tables.
  const [DFT, CONTOURS, ENCODER, BOTH, BATCH] = [2, 3, 4, 5, 8];
  for (const row of heldOut.slice(0, 2)) {
    assert.ok(readme.includes(`| ${row[DFT]} | ${parseFloat(row[BOTH]).toFixed(4)} |`), `${row}`);
    const shown = `| ${[CONTOURS, ENCODER, BOTH, BATCH].map((i) => row[i]).join(" | ")} |`;
    assert.ok(participants.includes(shown), shown);
  }
  const more = heldOut.slice(2);
  assert.equal(more.length, 6);
  const six = `| ${[DFT, CONTOURS, ENCODER, BOTH, BATCH].map((i) => mean(more, i)).join(" | ")} |`;
  assert.ok(participants.includes(six), six);
  const leftOut = rowsOf(/^\| (?:\w+ \| (?:\d\.\d{4} \| ){4}\d\.\d\d) \|$/gm);
  assert.equal(leftOut.length, 8);
  const eight = `| ${[1, 2, 3, 4].map((i) => mean(leftOut, i)).join(" | ")} |`;
  assert.ok(participants.includes(eight), eight);
  assert.ok(readme.includes(`| ${mean(leftOut, 1)} | ${mean(leftOut, 4)} |`), eight);
});

Deno.test("alignmentCost() says what it can't align", () => {
  const a = new Float32Array(6), weights = Float32Array.of(1, 1);
  assert.throws(
    () => alignmentCost(a, new Float32Array(8), weights, 1),
    /Expected two sequences of as many frames of 2 values but found 6 and 8 values/,
  );
  assert.throws(
    () => alignmentCost(a, a, new Float32Array(4), 1),
    /frames of 4 values but found 6/,
  );
  assert.throws(() => alignmentCost(a, a, weights, -1), /Expected band to be .* but found -1/);
});

Deno.test("alignmentCost() makes no difference between frames of three values and of four", () => {
  const random = seededRandom(4), frames = 20, weights = [1.5, 1, 0.25];
  const wide = () => Float32Array.from({ length: 4 * frames }, random);
  const narrow = (four: Float32Array) => four.filter((_, i) => i % 4 < 3);
  const a = wide(), b = wide();
  const three = alignmentCost(narrow(a), narrow(b), Float32Array.from(weights), 5);
  assert.ok(three > 0);
  assert.equal(alignmentCost(a, b, Float32Array.of(...weights, 0), 5), three);
});

Deno.test("alignmentCost() keeps to its band", () => {
  const spike = (at: number) => Float32Array.from({ length: 32 }, (_, i) => i === at ? 1 : 0);
  const cost = (band: number) => alignmentCost(spike(8), spike(12), Float32Array.of(1), band);
  assert.equal(cost(4), 0);
  assert.ok(cost(3) > 0);
});

Deno.test("encodeNpy() writes little-endian float32, as its header says", () => {
  const bytes = encodeNpy([Float32Array.of(1, -2)]);
  const text = new TextDecoder("latin1").decode(bytes);
  assert.match(text, /'descr': '<f4', 'fortran_order': False, 'shape': \(1, 2\)/);
  const view = new DataView(bytes.buffer, bytes.byteOffset + bytes.length - 8, 8);
  assert.deepEqual([view.getFloat32(0, true), view.getFloat32(4, true)], [1, -2]);
});

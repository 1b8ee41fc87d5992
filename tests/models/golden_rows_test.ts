/** What a change of tuning would break silently: a few scores of each model, as they are meant. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { listItems, listQueries, toPaths } from "../../lib/challenge/dataset.ts";
import { encodeNpy } from "../../lib/io/npy.ts";
import { TwoDft } from "../../lib/models/two_dft.ts";
import { VocalSearch } from "../../lib/models/vocal_search/vocal_search.ts";
import { alignmentCost } from "../../lib/models/vocal_search/alignment.ts";
import { PROJECT } from "../support.ts";

const DATA = join(PROJECT, "data", "qvim-mini");
const MODELS = {
  "TwoDft": () => new TwoDft(),
  "VocalSearch, contours": () => new VocalSearch({ encoder: false }),
  "VocalSearch, encoder": () => new VocalSearch({ contours: false }),
  "VocalSearch": () => new VocalSearch(),
};

/** Two queries × every third item. */
const EXPECTED: Record<string, number[][]> = {
  "TwoDft": [[0.8092, 0.73388, 0.50928, 0.47095, 0.47643, 0.62809, 0.46765, 0.62867], [
    0.63371,
    0.6286,
    0.63236,
    0.59193,
    0.48116,
    0.58638,
    0.41527,
    0.61919,
  ]],
  "VocalSearch, contours": [
    [1.86871, 0.70899, -1.50732, -0.20306, 0.69009, -0.3717, 0.4389, 0.18],
    [-0.15141, 0.45983, 0.18119, 0.83418, 0.00628, -0.16812, -0.80775, -0.36642],
  ],
  "VocalSearch, encoder": [[
    3.65322,
    1.56151,
    -1.3307,
    0.77614,
    -0.677,
    -0.68479,
    -0.32302,
    -0.35495,
  ], [-2.12279, -0.53773, 0.34514, -0.79578, -0.12392, -1.31259, -0.01771, -0.42997]],
  "VocalSearch": [[5.52193, 2.27049, -2.84457, 0.57308, -0.15164, -1.14462, -0.07495, -0.33237], [
    -2.2742,
    -0.07791,
    0.52633,
    0.0384,
    -0.11764,
    -1.48071,
    -0.84396,
    -0.90642,
  ]],
};

for (const [name, make] of Object.entries(MODELS)) {
  Deno.test(`${name} scores two queries of qvim-mini as it is meant to`, async () => {
    const items = toPaths(listItems(DATA)), all = Object.entries(toPaths(listQueries(DATA)));
    const queries = Object.fromEntries([all[0], all[20]]);
    const scores = await make().computeSimilarities(items, queries);
    const found = Object.values(scores).map((row) =>
      Object.values(row).filter((_, i) => i % 3 === 0)
    );
    assert.equal(found.length, 2);
    EXPECTED[name].forEach((row, q) =>
      row.forEach((value, i) =>
        // Processors round single precision differently.
        assert.ok(Math.abs(found[q][i] - value) < 2e-3, `${q}, ${i}: ${found[q][i]}, ${value}`)
      )
    );
  });
}

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

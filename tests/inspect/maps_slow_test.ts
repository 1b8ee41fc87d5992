import assert from "node:assert/strict";
import { join } from "node:path";
import { evaluate } from "../../lib/challenge/evaluation.ts";
import { listItems, listQueries, toPaths } from "../../lib/challenge/dataset.ts";
import { writeSimilarities } from "../../lib/challenge/similarities.ts";
import { type Embeds, placeSounds } from "../../lib/inspect/embedding_map.ts";
import { drawScores, readMatrix } from "../../lib/inspect/score_matrix.ts";
import { PROJECT, withFolder } from "../support.ts";

const DATA = join(PROJECT, "data", "qvim-mini");
const items = toPaths(listItems(DATA)), queries = toPaths(listQueries(DATA));
const classes = [...new Set(Object.values(items).map((path) => path.split("/").at(-2)!))];

/** Hears the class of a sound, and a little of its name. */
const byClass = (path: string): Float32Array => {
  const [group, name] = path.split("/").slice(-2);
  return Float32Array.from(
    { length: classes.length + 1 },
    (_, i) => i === classes.length ? 0.001 * name.length : Number(group === classes[i]),
  );
};
const MODEL: Embeds = { embedItem: byClass, embedQuery: (path) => ({ embedding: byClass(path) }) };

Deno.test("placeSounds() puts together what a model hears alike, always in the same places", async () => {
  const points = await placeSounds(MODEL, items, queries);
  assert.equal(points.length, Object.keys(items).length + Object.keys(queries).length);
  const distance = (a: { x: number; y: number }, b: { x: number; y: number }) =>
    Math.hypot(a.x - b.x, a.y - b.y);
  let nearest = 0;
  for (const point of points) {
    const [next] = points.filter((other) => other !== point)
      .sort((a, b) => distance(a, point) - distance(b, point));
    if (next.class === point.class) nearest++;
  }
  assert.ok(nearest > 0.9 * points.length, `${nearest} of ${points.length}`);
  assert.deepEqual(await placeSounds(MODEL, items, queries), points);
});

Deno.test("placeSounds() says what it can't draw", async () => {
  await assert.rejects(placeSounds(MODEL, {}, {}), /from 4 to 2000 sounds .* but found 0/);
  const nothing: Embeds = { embedItem: () => undefined, embedQuery: () => [NaN] };
  await assert.rejects(placeSounds(nothing, items, {}), /a vector of finite numbers for \S+\.wav/);
  await assert.rejects(
    placeSounds(nothing, {}, queries),
    /a vector of finite numbers for \S+\.wav/,
  );
});

Deno.test("readMatrix() sorts by class and gives z-scores, and drawScores() shows them", () =>
  withFolder(async (folder) => {
    const truth = [["b.wav", "dog"], ["a.wav", "cat"]].map(([item, name]) => ({
      ...{ label: name, class: name, item, query: `q_${item}` },
    }));
    const scores = { "q_b.wav": { "a.wav": 1, "b.wav": 3 }, "q_a.wav": { "a.wav": 5, "b.wav": 5 } };
    const path = join(folder, "scores.json");
    await writeSimilarities(path, scores);
    const evaluation = await evaluate(Object.entries(scores), truth);
    const matrix = await readMatrix(evaluation, path);
    assert.deepEqual(matrix.queries, ["cat", "dog"]);
    assert.deepEqual(matrix.values, [Float32Array.of(0, 0), Float32Array.of(-1, 1)]);
    const svg = drawScores(matrix);
    assert.match(svg, />cat<\/text>/);
    assert.match(svg, /aria-label="Scores of 2 queries, row by row, for 2 items/);
    await assert.rejects(readMatrix({ results: [] } as never, path), /an evaluation with queries/);
    await writeSimilarities(path, { "q_b.wav": { "a.wav": 1 } });
    await assert.rejects(readMatrix(evaluation, path), /found some missing/);
  }));

import assert from "node:assert/strict";
import { join } from "node:path";
import { evaluate } from "../../lib/challenge/evaluation.ts";
import { listItems, listQueries, toPaths } from "../../lib/challenge/dataset.ts";
import { writeSimilarities } from "../../lib/challenge/similarities.ts";
import { colorsFor } from "../../lib/inspect/class_colors.ts";
import { mapOf } from "../../lib/inspect/embedding_map.ts";
import { type Embeds, placeSounds } from "../../lib/inspect/place_sounds.ts";
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

Deno.test("placeSounds() wants a model whose vectors are of one length", async () => {
  await assert.rejects(
    placeSounds({} as never, items, queries),
    /a model with embedItem .* but found \{\}/,
  );
  const uneven: Embeds = { embedItem: () => [1, 2, 3], embedQuery: () => [1, 2] };
  await assert.rejects(
    placeSounds(uneven, items, queries),
    /^ListenError: Expected vectors of one length, 3, but found 2 for \S+\.wav$/,
  );
});

Deno.test("a map of 2000 sounds plays them all and stays below 5 MB, and is a picture without its scripts", async () => {
  const paths = Object.values(items);
  const points = Array.from({ length: 2000 }, (_, i) => ({
    ...{
      name: `<${i}>.wav`,
      kind: "item" as const,
      class: `class ${i % 40}`,
      path: paths[i % paths.length],
    },
    ...{ x: i / 1999, y: (i % 45) / 44 },
  }));
  const html = await mapOf(points);
  assert.ok(html.length < 5e6, `${html.length}`);
  assert.equal(html.match(/ data-src="data:audio\/wav;base64,/g)!.length, 2000);
  assert.equal(html.match(/tabindex="0"/g)!.length, 1);
  const still = html.match(/<img alt="Map of the sounds: [^"]+" width="720" [^>]+>/)![0];
  assert.equal(decodeURIComponent(still).match(/<rect x=/g)!.length, 2000);
  assert.ok(!html.includes("<0>"));
});

Deno.test("colorsFor() gives colours that differ and are seen on light and on dark ground", () => {
  for (const count of [3, 8, 30]) {
    const colors = colorsFor(count);
    assert.equal(new Set(colors).size, count);
    for (const color of colors) {
      const [r, g, b] = color.match(/[0-9a-f]{2}/g)!.map((x) => parseInt(x, 16) / 255)
        .map((x) => x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
      const luminance = 0.2126 * r + 0.7152 * g + 0.0722 * b;
      assert.ok(1.05 / (luminance + 0.05) >= 3, `${color} on white`);
      assert.ok((luminance + 0.05) / 0.0556 >= 2.9, `${color} on #111`);
    }
  }
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

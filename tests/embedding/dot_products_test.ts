import assert from "node:assert/strict";
import { seededRandom } from "../../lib/challenge/statistics.ts";
import { DotProducts } from "../../lib/embedding/dot_products.ts";

const random = seededRandom(4);
const vectors = (count: number, length: number) =>
  Array.from({ length: count }, () => Float32Array.from({ length }, () => random()));

for (
  const [rows, columns, length] of [[1, 1, 1], [2, 3, 19], [4, 5, 2048], [3, 17, 5000], [
    1,
    2,
    36544,
  ]]
) {
  Deno.test(`DotProducts sums ${length} products for ${rows} × ${columns} pairs`, async () => {
    const left = vectors(rows, length), right = vectors(columns, length);
    const products = await DotProducts.create(right);
    const found = await products.multiply(left);
    await products.release();
    left.forEach((row, r) =>
      right.forEach((column, c) => {
        const expected = row.reduce((sum, value, k) => sum + value * column[k], 0);
        assert.ok(Math.abs(found[r][c] / expected - 1) < 2e-7, `${found[r][c]}, ${expected}`);
      })
    );
  });
}

Deno.test("DotProducts gives equal vectors equal results, wherever they stand", async () => {
  const [same] = vectors(1, 7000);
  const right = vectors(101, 7000).map((vector, c) => c % 7 === 3 ? same : vector);
  const left = vectors(9, 7000);
  const products = await DotProducts.create(right);
  const together = await products.multiply(left);
  for (const [r, row] of left.entries()) {
    const [alone] = await products.multiply([row]);
    assert.deepEqual(alone, together[r]);
    for (let c = 3; c < 101; c += 7) assert.equal(alone[c], alone[3]);
  }
  await products.release();
});

import assert from "node:assert/strict";
import { plain, plainLines, shortened } from "../../lib/io/plain.ts";

Deno.test("plain() leaves nothing that a terminal or a page would obey", () => {
  assert.equal(plain("\u001b[31mred\r\nright\u202eleft\u0000 "), "[31mred right left");
  assert.equal(plain("a\u061cb\u00adc\u180ed\u{e0041}e"), "a b c d e");
  assert.equal(plain("Universität 東京 👍🏽"), "Universität 東京 👍🏽");
  assert.equal(plainLines("a\u001b[2J\n  b\u2028c\n"), "a [2J\n  b c\n");
});

Deno.test("shortened() keeps the beginning and the end of what nobody reads whole", () => {
  assert.equal(shortened("x".repeat(10_000)), "x".repeat(10_000));
  const short = shortened(`first${"x".repeat(5_000_000)}last`);
  assert.ok(short.length < 10_010);
  assert.match(short, /^firstx+ … x+last$/);
});

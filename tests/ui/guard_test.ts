import assert from "node:assert/strict";
import { isCalled, isLoopback, isSame, newToken } from "../../lib/ui/guard.ts";

Deno.test("isCalled() knows this machine's names, and no name that only looks like one", () => {
  for (const host of ["127.0.0.1:8080", "localhost:8080", "[::1]:8080"]) {
    assert.equal(isCalled(host, 8080), true, host);
  }
  for (
    const host of [
      ...["127.0.0.1", "localhost", "localhost:80", "127.0.0.1:80800", "127.0.0.1.example:8080"],
      ...["evil.example:8080", "localhost.:8080", "127.0.0.1:8080@evil.example", "", null],
    ]
  ) assert.equal(isCalled(host, 8080), false, `${host}`);
  assert.equal(isCalled("localhost", 80), true);
  assert.equal(isCalled("localhost:8080", 8080, ["127.0.0.1"]), false);
});

Deno.test("isLoopback() knows the addresses that lead to this machine alone", () => {
  assert.deepEqual(["127.0.0.1", "localhost", "::1", "[::1]"].map(isLoopback), Array(4).fill(true));
  assert.deepEqual(["0.0.0.0", "::", "192.168.1.2", "localhost.example"].map(isLoopback), [
    ...Array(4).fill(false),
  ]);
});

Deno.test("isSame() compares tokens to their last digit", () => {
  const token = newToken();
  assert.match(token, /^[0-9a-f]{32}$/);
  assert.notEqual(newToken(), token);
  assert.equal(isSame(token, token), true);
  for (const other of ["", token.slice(1), token + "0", token.slice(0, -1) + "x"]) {
    assert.equal(isSame(other, token), false, other);
  }
});

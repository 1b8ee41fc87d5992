/** Whether a file that is there already is downloaded once more. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { wgetDownload } from "../../helpers.ts";
import { BYTES, ETAG, fetchIt, file, run, SHA256, URL_ } from "./download_server.ts";
import { assertFiles, someBytes } from "./support.ts";

Deno.test("wgetDownload() refuses a file of another hash, and keeps the one that is there", () =>
  run((request) => file(request), async (server, folder) => {
    const old = new Uint8Array([1, 2, 3]);
    Deno.mkdirSync(folder);
    Deno.writeFileSync(join(folder, "model.bin"), old);
    const wrong = "0".repeat(64);
    await assert.rejects(fetchIt(server, { sha256: wrong }), {
      message: `Expected ${URL_} to have the SHA-256 ${wrong} but found ${SHA256}`,
    });
    assertFiles(folder, { "model.bin": old });
  }));

Deno.test("wgetDownload() does not fetch again what is there: by its hash, or its size and age", () =>
  run(
    (request, count) =>
      file(
        request,
        count < 3
          ? { "last-modified": "Thu, 01 Jan 2015 00:00:00 GMT" }
          : { "last-modified": "Fri, 01 Jan 2100 00:00:00 GMT" },
      ),
    async (
      server,
      folder,
    ) => {
      await fetchIt(server, { sha256: SHA256 });
      await fetchIt(server, { sha256: SHA256 });
      assert.equal(server.log.length, 1);
      const marked = BYTES.slice();
      marked[0] ^= 1;
      Deno.writeFileSync(join(folder, "model.bin"), marked);
      await fetchIt(server);
      assertFiles(folder, { "model.bin": marked });
      await fetchIt(server);
      assertFiles(folder, { "model.bin": BYTES });
    },
  ));

Deno.test("wgetDownload() throws TypeError on a hash that is none", async () => {
  await assert.rejects(wgetDownload("a", URL_, ".", { sha256: "abc" }), {
    name: "TypeError",
    message: 'Expected sha256 to be 64 hexadecimal digits but found "abc"',
  });
});

Deno.test("wgetDownload() fetches again what has changed, and what no server dates", () => {
  const other = someBytes(BYTES.length, 2);
  const old = "Thu, 01 Jan 2015 00:00:00 GMT";
  return run((_, count) => {
    // The same size each time: as old as ever, then without a date, then newer than the file.
    if (count <= 2) return { headers: { "last-modified": old }, body: BYTES };
    if (count === 3) return { headers: { etag: ETAG }, body: other };
    return { headers: { "last-modified": "Fri, 01 Jan 2100 00:00:00 GMT" }, body: BYTES };
  }, async (server, folder) => {
    await fetchIt(server);
    await fetchIt(server);
    assertFiles(folder, { "model.bin": BYTES });
    await fetchIt(server);
    assertFiles(folder, { "model.bin": other });
    await fetchIt(server);
    assertFiles(folder, { "model.bin": BYTES });
  });
});

Deno.test("wgetDownload() fetches again what was made before the last download but put there after it", () => {
  const others = [BYTES, BYTES, someBytes(BYTES.length, 2)];
  const dates = ["Thu, 01 Jan 2015 00:00:00 GMT", "Fri, 01 Jan 2016 00:00:00 GMT"];
  return run((_, count) => ({
    headers: { "last-modified": dates[count < 3 ? 0 : 1] },
    body: others[count - 1],
  }), async (server, folder) => {
    await fetchIt(server);
    await fetchIt(server);
    assertFiles(folder, { "model.bin": BYTES });
    assert.equal(Deno.statSync(join(folder, "model.bin")).mtime?.toUTCString(), dates[0]);
    await fetchIt(server);
    assertFiles(folder, { "model.bin": others[2] });
  });
});

Deno.test("wgetDownload() fetches again where it is told to", () =>
  run((_, count) => ({
    headers: { "last-modified": "Thu, 01 Jan 2015 00:00:00 GMT" },
    body: count === 1 ? BYTES : someBytes(BYTES.length, 3),
  }), async (server, folder) => {
    await fetchIt(server);
    await fetchIt(server, { overwrite: true });
    assertFiles(folder, { "model.bin": someBytes(BYTES.length, 3) });
  }));

Deno.test("wgetDownload() keeps a file that is there where no network reaches the server", () =>
  run((request) => file(request), async (server, folder) => {
    await fetchIt(server);
    const unreached = () =>
      Promise.reject(
        new TypeError("fetch failed", { cause: new Error("client error (Connect): dns error") }),
      );
    await fetchIt(server, { fetch: unreached });
    assertFiles(folder, { "model.bin": BYTES });
    const wanted = { fetch: unreached, sha256: "0".repeat(64) };
    await assert.rejects(fetchIt(server, wanted), /the network does not bring it here: dns error/);
    await assert.rejects(
      fetchIt(server, { fetch: unreached, overwrite: true }),
      /does not bring it/,
    );
  }));

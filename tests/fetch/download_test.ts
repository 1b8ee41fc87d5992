import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { getRootPath, wgetDownload } from "../../helpers.ts";
import { formatBytes } from "../../lib/fetch/bytes.ts";
import { type Answer, type HttpsServer, type Request, withServer } from "./https_server.ts";
import { assertFiles, someBytes, withRoot } from "./support.ts";

const BYTES = someBytes(300_000);
const SHA256 = createHash("sha256").update(BYTES).digest("hex");
const URL_ = "https://example.org/files/model.bin";
const ETAG = '"v1"';

/** Downloads `model.bin` with little waiting. */
function fetchIt(server: HttpsServer, options = {}) {
  return wgetDownload("model.bin", URL_, "checkpoints", {
    fetch: server.fetch,
    retryDelay: 5,
    tries: 4,
    ...options,
  });
}

/** Answers with the file, or the part of it that is asked for. */
function file(request: Request, headers: Record<string, string | number> = { etag: ETAG }): Answer {
  const start = Number(request.headers.get("range")?.match(/^bytes=(\d+)-$/)?.[1] ?? NaN);
  if (Number.isNaN(start) || request.headers.get("if-range") !== headers.etag) {
    return { headers, body: BYTES };
  }
  const range = `bytes ${start}-${BYTES.length - 1}/${BYTES.length}`;
  return {
    status: 206,
    headers: { ...headers, "content-range": range },
    body: BYTES.subarray(start),
  };
}

async function run(
  answer: (request: Request, count: number) => Answer,
  use: (server: HttpsServer, folder: string) => Promise<void>,
) {
  let count = 0;
  await withRoot((root) =>
    withServer(
      (request) => answer(request, ++count),
      (server) => use(server, join(root, "checkpoints")),
    )
  );
}

Deno.test("wgetDownload() brings the bytes to the file's name", () =>
  run((request) => file(request), async (server, folder) => {
    await fetchIt(server, { sha256: SHA256.toUpperCase() });
    assertFiles(folder, { "model.bin": BYTES });
    assert.deepEqual(server.log, ["example.org /files/model.bin"]);
  }));

Deno.test("wgetDownload() goes on after broken connections, with Range and If-Range", () => {
  const ranges: (string | undefined)[] = [];
  return run((request, count) => {
    ranges.push(request.headers.get("range"));
    const answer = file(request);
    return count < 3 ? { ...answer, cutAt: 100_000 } : answer;
  }, async (server, folder) => {
    await fetchIt(server, { sha256: SHA256 });
    assertFiles(folder, { "model.bin": BYTES });
    assert.equal(ranges[0], undefined);
    assert.equal(ranges.length, 3);
    const starts = ranges.slice(1).map((range) => Number(range?.match(/^bytes=(\d+)-$/)?.[1]));
    assert.ok(starts[0] > 0 && starts[0] <= 100_000, String(starts));
    assert.ok(starts[1] > starts[0] && starts[1] <= 200_000, String(starts));
  });
});

Deno.test("wgetDownload() keeps what has come, and a later call goes on from there", () => {
  let broken = true;
  return run((request) => {
    const answer = file(request);
    return broken ? { ...answer, cutAt: 1000 } : answer;
  }, async (server, folder) => {
    await assert.rejects(fetchIt(server, { tries: 2 }), {
      name: "DownloadError",
      message: /after 2 tries found: .*model\.bin\.partial, and the next call goes on/,
    });
    const names = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    assert.deepEqual(names, ["model.bin.partial", "model.bin.partial.json"]);
    broken = false;
    await fetchIt(server);
    assertFiles(folder, { "model.bin": BYTES });
  });
});

Deno.test("wgetDownload() twice at a time brings the file twice, and neither meets the other's bytes", () => {
  const begun = Promise.withResolvers<void>();
  return run((request, count) => {
    if (count > 1) return file(request);
    begun.resolve();
    return { ...file(request), cutAt: 100_000, hang: true };
  }, async (server, folder) => {
    const first = fetchIt(server, { stallTimeout: 1000 });
    await begun.promise;
    while (!existsSync(join(folder, "model.bin.partial"))) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await fetchIt(server);
    assert.deepEqual(Deno.readFileSync(join(folder, "model.bin")), BYTES);
    assert.ok(existsSync(join(folder, "model.bin.partial")), "the first one's is left alone");
    Deno.removeSync(join(folder, "model.bin"));
    await first;
    assertFiles(folder, { "model.bin": BYTES });
    assert.equal(server.log.length, 3);
  });
});

Deno.test("wgetDownload() starts anew where the file changed in between", () => {
  const other = someBytes(200_000, 2);
  return run((request, count) => {
    if (count === 1) return { ...file(request), cutAt: 50_000 };
    assert.equal(request.headers.get("if-range"), ETAG);
    return { headers: { etag: '"v2"' }, body: other };
  }, async (server, folder) => {
    await fetchIt(server);
    assertFiles(folder, { "model.bin": other });
  });
});

Deno.test("wgetDownload() starts anew where the server ignores Range", () =>
  run((_request, count) => ({
    headers: { etag: ETAG },
    body: BYTES,
    cutAt: count === 1 ? 70_000 : undefined,
  }), async (server, folder) => {
    await fetchIt(server);
    assertFiles(folder, { "model.bin": BYTES });
  }));

Deno.test("wgetDownload() does not go on where nothing vouches for the file being the same", () =>
  run((request, count) => {
    assert.equal(request.headers.get("range"), undefined);
    return { headers: { etag: 'W/"weak"' }, body: BYTES, cutAt: count === 1 ? 70_000 : undefined };
  }, async (server, folder) => {
    await fetchIt(server);
    assertFiles(folder, { "model.bin": BYTES });
  }));

Deno.test("wgetDownload() refuses another part than it asked for, and starts anew", () =>
  run((request, count) => {
    if (count === 1) return { ...file(request), cutAt: 50_000 };
    if (count > 2) return file(request);
    const headers = { etag: ETAG, "content-range": `bytes 5-299999/300000` };
    return { status: 206, headers, body: BYTES.subarray(5) };
  }, async (server, folder) => {
    await fetchIt(server);
    assertFiles(folder, { "model.bin": BYTES });
  }));

Deno.test("wgetDownload() tries again after 503 and 429, and waits as Retry-After says", () => {
  const times: number[] = [];
  return run((request, count) => {
    times.push(performance.now());
    if (count === 1) return { status: 503 };
    if (count === 2) return { status: 429, headers: { "retry-after": 1 } };
    return file(request);
  }, async (server, folder) => {
    await fetchIt(server);
    assertFiles(folder, { "model.bin": BYTES });
    assert.equal(times.length, 3);
    assert.ok(times[2] - times[1] > 900);
  });
});

Deno.test("wgetDownload() gives up after the tries it has", () =>
  run(() => ({ status: 503 }), async (server, folder) => {
    await assert.rejects(fetchIt(server), {
      name: "DownloadError",
      message:
        `Expected to download ${URL_} but after 4 tries found: ${URL_} answered 503 Service Unavailable`,
    });
    assert.equal(server.log.length, 4);
    assertFiles(folder, {});
  }));

Deno.test("wgetDownload() does not try again where that can't help", () =>
  run(() => ({ status: 404 }), async (server, folder) => {
    await assert.rejects(fetchIt(server), {
      message: `Expected a file but ${URL_} answered 404 Not Found`,
    });
    assert.equal(server.log.length, 1);
    assertFiles(folder, {});
  }));

Deno.test("wgetDownload() notices a length that lies", () =>
  run(() => ({ headers: { "content-length": 400_000 }, body: BYTES }), async (server, folder) => {
    await assert.rejects(fetchIt(server, { tries: 2 }), {
      name: "DownloadError",
      message: /2 tries/,
    });
    assertFiles(folder, {});
  }));

Deno.test("wgetDownload() gives up on a connection that goes silent", () =>
  run(
    (request, count) => count === 1 ? { ...file(request), cutAt: 10, hang: true } : file(request),
    async (
      server,
      folder,
    ) => {
      await fetchIt(server, { stallTimeout: 300 });
      assertFiles(folder, { "model.bin": BYTES });
      assert.equal(server.log.length, 2);
    },
  ));

Deno.test("wgetDownload() follows redirects over https alone", () =>
  run(({ path }) => {
    if (path === "/files/model.bin") return { status: 302, headers: { location: "/moved?x=1" } };
    if (path === "/moved?x=1") {
      return { status: 301, headers: { location: "https://other.example.org/there" } };
    }
    return { body: BYTES };
  }, async (server, folder) => {
    await fetchIt(server);
    assertFiles(folder, { "model.bin": BYTES });
    assert.equal(server.log.at(-1), "other.example.org /there");
  }));

Deno.test("wgetDownload() refuses a redirect to http, and an endless one", () =>
  run(({ path }) => {
    const location = path === "/loop" ? "/loop" : "http://example.org/plain";
    return { status: 302, headers: { location } };
  }, async (server, folder) => {
    await assert.rejects(fetchIt(server), {
      name: "DownloadError",
      message: /redirects of .* to stay on https but found http:\/\/example\.org\/plain/,
    });
    await assert.rejects(
      wgetDownload("model.bin", "https://example.org/loop", "checkpoints", { fetch: server.fetch }),
      { message: /at most 10 redirects/ },
    );
    assertFiles(folder, {});
  }));

for (
  const [what, headers] of [
    ["that says so", { "content-type": "text/html; charset=utf-8" }],
    ["that poses as a file", { "content-type": "application/octet-stream" }],
  ] as const
) {
  Deno.test(`wgetDownload() refuses a web page ${what}`, () =>
    run(() => ({ headers, body: "\n<!DOCTYPE html><html><body>Log in</body></html>" }), async (
      server,
      folder,
    ) => {
      await assert.rejects(fetchIt(server), {
        name: "DownloadError",
        message: `Expected a file at ${URL_} but found a web page`,
      });
      assertFiles(folder, {});
    }));
}

Deno.test("wgetDownload() takes a web page where one was asked for", () =>
  run(
    () => ({ headers: { "content-type": "text/html" }, body: "<html></html>" }),
    async (server, folder) => {
      await wgetDownload("page.html", URL_, "checkpoints", { fetch: server.fetch });
      assertFiles(folder, { "page.html": new TextEncoder().encode("<html></html>") });
    },
  ));

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

Deno.test("wgetDownload() that is killed leaves nothing under the final name", async () => {
  await run(
    (request) => ({ ...file(request), cutAt: 200_000, hang: true }),
    async (server, folder) => {
      const script = `
      import { setRootPath, wgetDownload } from ${
        JSON.stringify(import.meta.resolve("../../helpers.ts"))
      };
      setRootPath(${JSON.stringify(getRootPath())});
      await wgetDownload("model.bin", "https://localhost:${server.port}/model.bin", "checkpoints");`;
      const cert = join(getRootPath(), "ca.pem");
      Deno.writeTextFileSync(cert, server.authority);
      const process = new Deno.Command(Deno.execPath(), {
        args: ["eval", "--cert", cert, script],
        stderr: "null",
      }).spawn();
      const partial = join(folder, "model.bin.partial");
      while (!(await Deno.stat(partial).then(({ size }) => size > 1000, () => false))) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      process.kill("SIGKILL");
      await process.status;
      const names = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
      assert.deepEqual(names, ["model.bin.partial", "model.bin.partial.json"]);
    },
  );
});

for (
  const [what, args, message] of [
    [
      "a file name with a folder",
      ["a/b", URL_, "."],
      /Expected filename to be a name .* found "a\/b"/,
    ],
    ["an empty file name", ["", URL_, "."], /Expected filename/],
    ["a file name that is a folder", ["..", URL_, "."], /Expected filename .* found "\.\."/],
    ["an absolute folder", ["a", URL_, "/tmp"], /Expected relativeDir .* found "\/tmp"/],
    ["a folder of Windows", ["a", URL_, "C:\\x"], /Expected relativeDir/],
    [
      "a folder outside",
      ["a", URL_, "b/../../c"],
      /Expected relativeDir .* found "b\/\.\.\/\.\.\/c"/,
    ],
    [
      "plain http",
      ["a", "http://example.org/a", "."],
      /Expected sharedUrl .* https:\/\/ but found "http:/,
    ],
    ["no URL", ["a", "https://", "."], /Expected sharedUrl/],
  ] as [string, [string, string, string], RegExp][]
) {
  Deno.test(`wgetDownload() throws TypeError on ${what}`, async () => {
    await assert.rejects(wgetDownload(...args), { name: "TypeError", message });
  });
}

Deno.test("wgetDownload() throws TypeError on a hash that is none", async () => {
  await assert.rejects(wgetDownload("a", URL_, ".", { sha256: "abc" }), {
    name: "TypeError",
    message: 'Expected sha256 to be 64 hexadecimal digits but found "abc"',
  });
});

Deno.test("formatBytes() writes amounts for people", () => {
  assert.deepEqual([0, 999, 1000, 1234567, 999_600_000, 5.2e9].map(formatBytes), [
    "0 B",
    "999 B",
    "1.0 kB",
    "1.2 MB",
    "1.0 GB",
    "5.2 GB",
  ]);
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

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { getRootPath, wgetDownload } from "../../helpers.ts";
import { formatBytes } from "../../lib/fetch/bytes.ts";
import { BYTES, ETAG, fetchIt, file, run, SHA256, URL_ } from "./download_server.ts";
import { until } from "../support.ts";
import { assertFiles, someBytes } from "./support.ts";

const never = new Promise<void>(() => {});

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
  const cut = Promise.withResolvers<void>();
  return run((request, count) => {
    if (count > 1) return file(request);
    return { ...file(request), cutAt: 100_000, hang: cut.promise };
  }, async (server, folder) => {
    const first = fetchIt(server);
    await until(() => existsSync(join(folder, "model.bin.partial")));
    await fetchIt(server);
    assert.deepEqual(Deno.readFileSync(join(folder, "model.bin")), BYTES);
    assert.ok(existsSync(join(folder, "model.bin.partial")), "the first one's is left alone");
    Deno.removeSync(join(folder, "model.bin"));
    cut.resolve();
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
    (request, count) => count === 1 ? { ...file(request), cutAt: 10, hang: never } : file(request),
    async (
      server,
      folder,
    ) => {
      // On a machine that stands still the next one may be given up as well.
      await fetchIt(server, { stallTimeout: 300, tries: 20 });
      assertFiles(folder, { "model.bin": BYTES });
      assert.ok(server.log.length >= 2);
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

Deno.test("wgetDownload() that is killed leaves nothing under the final name", async () => {
  await run(
    (request) => ({ ...file(request), cutAt: 200_000, hang: never }),
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
      await until(() => Deno.stat(partial).then(({ size }) => size > 1000, () => false));
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

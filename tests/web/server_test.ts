import assert from "node:assert/strict";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { indexSounds } from "../../lib/library/indexing.ts";
import { type RunningServer, serveLibrary } from "../../lib/web/server.ts";
import { Guard } from "../../lib/web/guard.ts";
import { MAX_UPLOAD, RequestError, Turns, Uploads } from "../../lib/web/requests.ts";
import { flac } from "../audio/odd_files.ts";
import { PROJECT, until, withFolder } from "../support.ts";

const MINI = join(PROJECT, "data", "qvim-mini");
const BARK = join(MINI, "Items", "bark", "bark_1.wav");

async function withServer(
  use: (server: RunningServer, ask: typeof raw, folder: string) => Promise<void>,
  host?: string,
): Promise<void> {
  await withFolder(async (folder) => {
    const sounds = join(folder, "sounds");
    Deno.mkdirSync(sounds);
    for (const name of ["bark_1.wav", "bark_2.wav"]) {
      Deno.copyFileSync(join(MINI, "Items", "bark", name), join(sounds, name));
    }
    await indexSounds([sounds], join(folder, "library"), { say: () => {} });
    const server = await serveLibrary({ library: join(folder, "library"), port: 0, host });
    try {
      await use(server, raw, sounds);
    } finally {
      await server.close();
    }
  });
}

/** A request with headers that `fetch` does not let one set. */
async function raw(port: number, head: string, body: Uint8Array = new Uint8Array()) {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const length = body.length > 0 ? `content-length: ${body.length}\r\n` : "";
  const start = new TextEncoder().encode(`${head}\r\n${length}connection: close\r\n\r\n`);
  const writer = connection.writable.getWriter();
  await writer.write(start);
  if (body.length > 0) await writer.write(body);
  const bytes = new Uint8Array(await new Response(connection.readable).arrayBuffer());
  const text = new TextDecoder("latin1").decode(bytes);
  const end = text.indexOf("\r\n\r\n");
  return { status: Number(text.slice(9, 12)), head: text.slice(0, end), body: text.slice(end + 4) };
}

Deno.test("the server answers its own page and nobody else's", () =>
  withServer(async ({ port }, ask) => {
    const get = (path: string, ...headers: string[]) =>
      ask(port, [`GET ${path} HTTP/1.1`, ...headers].join("\r\n"));
    const host = `host: 127.0.0.1:${port}`;
    const page = await get("/", host);
    assert.equal(page.status, 200);
    assert.match(page.head, /content-security-policy: default-src 'none'; script-src 'self'/);
    assert.match(page.head, /x-content-type-options: nosniff/);
    assert.equal((await get("/api/library", `host: localhost:${port}`)).status, 200);
    for (const other of ["evil.example", `evil.example:${port}`, "127.0.0.1", "127.0.0.1:1"]) {
      assert.equal((await get("/api/library", `host: ${other}`)).status, 421, other);
    }
    assert.equal((await get("/api/library", host, "origin: http://evil.example")).status, 403);
    assert.equal((await get("/api/library", host, "origin: null")).status, 403);
    assert.equal((await get("/api/library", host, `origin: http://127.0.0.1:${port}`)).status, 200);
    const cross = await ask(
      port,
      `POST /api/search HTTP/1.1\r\n${host}\r\nsec-fetch-site: cross-site`,
    );
    assert.equal(cross.status, 403);
    assert.equal((await get("/api/library", host, "sec-fetch-site: same-site")).status, 403);
    assert.equal((await get("/", host, "sec-fetch-site: cross-site")).status, 200, "a link");
    for (
      const path of [
        "/../deno.json",
        "/%2e%2e/deno.json",
        "/server.ts",
        "/api",
        "/api/x",
        "/constructor",
        "/%zz",
        "/api/sounds/%zz",
        "/api/sounds/%00/audio",
        "/ui/recorder/../../web/server.ts",
      ]
    ) {
      assert.equal((await get(path, host)).status, 404, path);
    }
    assert.equal((await ask(port, `DELETE /api/library HTTP/1.1\r\n${host}`)).status, 405);
  }));

Deno.test("the server serves sounds by their ids, whole and in ranges, and never by a path", () =>
  withServer(async ({ port, url }, ask, sounds) => {
    const body = Deno.readFileSync(BARK);
    const { results } = await (await fetch(`${url}api/search?top=5`, { method: "POST", body }))
      .json();
    const { id } = results.find(({ name }: { name: string }) => name === "bark_1.wav");
    const audio = `/api/sounds/${id}/audio`;
    const whole = new Uint8Array(await (await fetch(new URL(audio, url))).arrayBuffer());
    assert.deepEqual(whole, body);
    const part = await fetch(new URL(audio, url), { headers: { range: "bytes=10-19" } });
    assert.equal(part.status, 206);
    assert.equal(part.headers.get("content-range"), `bytes 10-19/${body.length}`);
    assert.deepEqual(new Uint8Array(await part.arrayBuffer()), body.slice(10, 20));
    const beyond = await fetch(new URL(audio, url), { headers: { range: "bytes=99999999-" } });
    assert.equal(beyond.status, 416);
    await beyond.body?.cancel();
    for (const id of [BARK, encodeURIComponent(BARK), "..%2f..%2fetc%2fpasswd", "' OR 1=1 --"]) {
      const path = `/api/sounds/${
        id.startsWith("/") ? encodeURIComponent(id) : encodeURI(id)
      }/audio`;
      const { status } = await ask(port, `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}`);
      assert.equal(status, 404, id);
    }
    const { peaks } = await (await fetch(`${url}api/sounds/${id}/peaks`)).json();
    assert.ok(peaks.length === 240 && Math.max(...peaks) > 0.1 && Math.max(...peaks) <= 1);
    Deno.renameSync(join(sounds, "bark_1.wav"), join(sounds, "away.wav"));
    const isGone = async () => {
      for (const part of ["audio", "file", "peaks"]) {
        const gone = await fetch(`${url}api/sounds/${id}/${part}`);
        assert.equal(gone.status, 410, part);
        const { error } = await gone.json();
        assert.match(error, /bark_1\.wav is not there any more: deno task index/);
      }
    };
    await isGone();
    Deno.mkdirSync(join(sounds, "bark_1.wav"));
    await isGone();
    if (Deno.build.os === "windows") return;
    // Whoever opened it would wait for somebody who writes.
    Deno.removeSync(join(sounds, "bark_1.wav"));
    await new Deno.Command("mkfifo", { args: [join(sounds, "bark_1.wav")] }).output();
    await isGone();
  }));

Deno.test("the server says what is wrong with an upload", () =>
  withServer(async ({ url }) => {
    const send = async (body: Uint8Array<ArrayBuffer> | string, query = "") => {
      const response = await fetch(`${url}api/search?${query}`, { method: "POST", body });
      return [response.status, (await response.json()).error] as const;
    };
    const silent = Deno.readFileSync(BARK).fill(0, 44);
    assert.deepEqual((await send(""))[0], 400);
    const cases: [Awaited<ReturnType<typeof send>>, number, RegExp][] = [
      [await send("hello"), 422, /Expected a recording .* but found "hell" in the recording/],
      [await send(silent), 422, /found only silence in the recording: record it again/],
      [await send(new Uint8Array(41 * 2 ** 20)), 413, /at most 40 MB/],
      // Of hours no more is decoded than shows that they are too long.
      [await send(flac(Array(128).fill([65535, 9]))), 422, /at most 60 s but found more$/],
      [await send(Deno.readFileSync(BARK), "maxSeconds=x"), 400, /Expected maxSeconds/],
      [await send(Deno.readFileSync(BARK), "top=100000"), 400, /Expected top from 1 to 200/],
      [
        await send(Deno.readFileSync(BARK), "top=2.5"),
        400,
        /1 to 200, a whole number, but found 2/,
      ],
    ];
    for (const [[status, error], expected, message] of cases) {
      assert.equal(status, expected, error);
      assert.match(error, message);
    }
  }));

Deno.test("the server does not blame a recording for a library that has gone", () =>
  withServer(async ({ url }, _, sounds) => {
    const body = Deno.readFileSync(BARK);
    const search = () => fetch(`${url}api/search`, { method: "POST", body });
    const { results: [{ id }] } = await (await search()).json();
    Deno.removeSync(join(sounds, "..", "library"), { recursive: true });
    for (const answer of [await search(), await fetch(`${url}api/sounds/${id}/similar`)]) {
      assert.equal(answer.status, 503);
      assert.match((await answer.json()).error, /^Expected a library but found none in .*library/);
    }
  }));

Deno.test("whoever opens an address that is none reads why, and a program is told as JSON", () =>
  withServer(async ({ url }) => {
    const opened = await fetch(`${url}none`);
    assert.match(opened.headers.get("content-type")!, /^text\/plain/);
    assert.deepEqual([opened.status, await opened.text()], [404, "There is nothing here\n"]);
    const asked = await fetch(`${url}api/none`);
    assert.deepEqual([asked.status, await asked.json()], [404, { error: "There is nothing here" }]);
  }));

Deno.test("with --host the server asks for its token", () =>
  withServer(async ({ port, token }) => {
    const at = (path: string, headers = {}) =>
      fetch(`http://127.0.0.1:${port}${path}`, { headers, redirect: "manual" });
    const none = await at("/");
    assert.equal(none.status, 401);
    await none.body?.cancel();
    const wrong = await at("/?token=abc");
    assert.equal(wrong.status, 401);
    await wrong.body?.cancel();
    const entered = await at(`/?token=${token}`);
    assert.equal(entered.status, 303);
    assert.equal(entered.headers.get("location"), "/");
    assert.match(entered.headers.get("set-cookie")!, /HttpOnly; SameSite=Strict/);
    await entered.body?.cancel();
    const cookie = entered.headers.get("set-cookie")!.split(";")[0];
    for (const headers of [{ cookie }, { authorization: `Bearer ${token}` }]) {
      const library = await at("/api/library", headers);
      assert.deepEqual(await library.json(), { sounds: 2, outdated: 0, maxUpload: MAX_UPLOAD });
    }
  }, "0.0.0.0"));

Deno.test("serveLibrary() says where it can't listen", () =>
  withServer(async ({ port }, _, sounds) => {
    const library = join(sounds, "..", "library");
    await assert.rejects(
      serveLibrary({ library, port }),
      new RegExp(`^ServeError: Expected to listen on 127.0.0.1:${port} but found another program`),
    );
    await assert.rejects(
      serveLibrary({ library, port: 0, host: "192.0.2.1" }),
      /^ServeError: Expected to listen on 192\.0\.2\.1:0 but found .*: choose an address/,
    );
  }));

Deno.test("GET /api/openapi.json describes what the server answers", () =>
  withServer(async ({ url }) => {
    const api = await (await fetch(`${url}api/openapi.json`)).json();
    assert.equal(api.openapi, "3.1.0");
    assert.deepEqual(Object.keys(api.paths), [
      ...["/api/search", "/api/library", "/api/sounds/{id}", "/api/sounds/{id}/audio"],
      ...["/api/sounds/{id}/file", "/api/sounds/{id}/peaks", "/api/sounds/{id}/similar"],
    ]);
    const body = Deno.readFileSync(BARK);
    const answer = await (await fetch(`${url}api/search`, { method: "POST", body })).json();
    const known = Object.keys(api.components.schemas.Sound.properties).sort();
    assert.deepEqual(Object.keys(answer.results[0]).sort(), known);
  }));

/** A request with a body that comes in pieces. */
function upload(pull: (controller: ReadableStreamDefaultController<Uint8Array>) => void) {
  return new Request("http://127.0.0.1/", { method: "POST", body: new ReadableStream({ pull }) });
}

const status = (expected: number) => (error: unknown) =>
  error instanceof RequestError && error.status === expected;

Deno.test("Uploads.use() gives up what is too slow, too large or one of too many", async () => {
  const uploads = new Uploads(50);
  let isCancelled = false;
  const slow = new Request("http://127.0.0.1/", {
    method: "POST",
    body: new ReadableStream({
      start: (controller) => controller.enqueue(new Uint8Array(9)),
      cancel: () => void (isCancelled = true),
    }),
  });
  await assert.rejects(uploads.use(slow, () => Promise.resolve()), status(408));
  await new Promise((resolve) => setTimeout(resolve));
  assert.ok(isCancelled, "no more is read");

  const piece = new Uint8Array(MAX_UPLOAD / 4);
  const endless = upload((controller) => controller.enqueue(piece));
  await assert.rejects(new Uploads().use(endless, () => Promise.resolve()), status(413));

  // Four of the largest are held at a time, and what they took is free afterwards.
  const largest = () => {
    let count = 0;
    return upload((controller) => {
      controller.enqueue(piece);
      if (++count === 4) controller.close();
    });
  };
  const many = new Uploads(), gate = Promise.withResolvers<void>();
  const begun = Array.from({ length: 4 }, () => Promise.withResolvers<void>());
  const held = begun.map(({ resolve }) =>
    many.use(largest(), async ({ length }) => {
      resolve();
      await gate.promise;
      return length;
    })
  );
  await Promise.all(begun.map(({ promise }) => promise));
  await assert.rejects(many.use(largest(), () => Promise.resolve()), status(503));
  gate.resolve();
  assert.deepEqual(await Promise.all(held), Array(4).fill(MAX_UPLOAD));
  assert.equal(await many.use(largest(), ({ length }) => Promise.resolve(length)), MAX_UPLOAD);
});

Deno.test("Turns.take() lets a few run, some wait, and turns away the rest", async () => {
  const turns = new Turns(2, 1), gates = [0, 1, 2].map(() => Promise.withResolvers<number>());
  const begun: number[] = [];
  const work = gates.map(({ promise }, i) =>
    turns.take(() => {
      begun.push(i);
      return promise;
    })
  );
  await assert.rejects(turns.take(() => Promise.resolve(9)), status(503));
  assert.deepEqual(begun, [0, 1]);
  gates[1].reject(new Error("failed"));
  await assert.rejects(work[1], /failed/);
  await new Promise((resolve) => setTimeout(resolve));
  assert.deepEqual(begun, [0, 1, 2]);
  gates[0].resolve(7);
  gates[2].resolve(8);
  assert.deepEqual([await work[0], await work[2], await turns.take(() => Promise.resolve(9))], [
    7,
    8,
    9,
  ]);
});

Deno.test("Guard.check() knows this machine's names, without the port where it is the usual one", () => {
  const check = (port: number, host: string) => {
    const request = new Request("http://127.0.0.1/", { headers: { host } });
    return new Guard(port).check(request, new URL(request.url));
  };
  assert.equal(check(80, "localhost"), undefined);
  assert.equal(check(80, "[::1]:80"), undefined);
  assert.throws(() => check(8080, "localhost"), status(421));
  assert.throws(() => check(80, "localhost.evil.example"), status(421));
});

Deno.test("the server knows what was taken into the library since it started, and tells what to do", () =>
  withFolder(async (folder) => {
    const library = join(folder, "library"), sounds = join(folder, "sounds");
    Deno.mkdirSync(sounds);
    await indexSounds([sounds], library);
    const server = await serveLibrary({ library, port: 0 });
    try {
      const told = async () => await (await fetch(`${server.url}api/library`)).json();
      assert.deepEqual(await told(), {
        sounds: 0,
        outdated: 0,
        advice:
          `The library is empty. Take sounds in with: deno task index FOLDER --library ${library}`,
        maxUpload: MAX_UPLOAD,
      });
      Deno.copyFileSync(BARK, join(sounds, "bark.wav"));
      await indexSounds([sounds], library, { say: () => {} });
      // It looks once a second at most.
      await until(async () => (await told()).sounds > 0);
      assert.deepEqual(await told(), { sounds: 1, outdated: 0, maxUpload: MAX_UPLOAD });
    } finally {
      await server.close();
    }
  }));

Deno.test("the server says what it expects, in words that fit what it was asked", () =>
  withServer(async ({ url }) => {
    const search = (query = "", init: RequestInit = { method: "POST", body: "no sound" }) =>
      fetch(`${url}api/search${query}`, init);
    const told = async (response: Response) => [response.status, (await response.json()).error];
    assert.deepEqual(await told(await search("", { method: "GET" })), [
      405,
      "Expected POST here, with a recording",
    ]);
    // What it is called where it comes from is not known here: no command would find it.
    assert.deepEqual(await told(await search()), [
      422,
      'Expected a recording (WAV, FLAC, Ogg, Opus, MP3, AIFF, AU, CAF) but found "no s" in the ' +
      "recording; if another program plays it, convert it to WAV",
    ]);
    const body = Deno.readFileSync(BARK);
    for (const text of ["🐶", "?!"]) {
      assert.deepEqual(
        await told(await search(`?text=${encodeURIComponent(text)}`, { method: "POST", body })),
        [400, `Expected words of letters or digits to look for but found "${text}"`],
      );
    }
    const spaces = await search("?text=%20%20", { method: "POST", body });
    assert.equal((await spaces.json()).results.length, 2, "nothing is looked for");
  }));

Deno.test({
  name: "the server tells names without what turns their direction, and paths as they are",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withServer(async ({ url }, _ask, sounds) => {
      const path = join(sounds, "a\u202evaw.b\n.wav");
      Deno.copyFileSync(BARK, path);
      await indexSounds([sounds], join(sounds, "..", "library"), { say: () => {} });
      // It looks once a second at most.
      await delay(1100);
      const found = await fetch(`${url}api/search?text=vaw`, {
        method: "POST",
        body: Deno.readFileSync(BARK),
      });
      const { results } = await found.json();
      assert.deepEqual(
        results.map(({ name, path }: { name: string; path: string }) => [name, path]),
        [
          ["a vaw.b .wav", path],
        ],
      );
    }),
});

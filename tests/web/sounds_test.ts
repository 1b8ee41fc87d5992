/** How a page is given sounds, whole and in parts. */
import assert from "node:assert/strict";
import { join } from "node:path";
import wavefile from "wavefile";
import { parseRange, serveAudio, serveOriginal } from "../../lib/web/sounds.ts";
import { withFolder } from "../support.ts";

Deno.test("parseRange() reads what RFC 9110 allows of one range", () => {
  assert.deepEqual(parseRange("bytes=0-9", 100), [0, 10]);
  assert.deepEqual(parseRange("bytes=90-", 100), [90, 100]);
  assert.deepEqual(parseRange("bytes=-5", 100), [95, 100]);
  assert.deepEqual(parseRange("bytes=50-500", 100), [50, 100]);
  assert.equal(parseRange("bytes=100-", 100), null);
  assert.equal(parseRange("bytes=9-3", 100), null);
  assert.equal(parseRange("bytes=-0", 100), null);
  for (const header of [null, "bytes=-", "items=1-2", "bytes=1-2,4-5"]) {
    assert.equal(parseRange(header, 100), undefined);
  }
});

/** An AIFF file of 16 bit and one channel. */
function aiff(samples: Int16Array, rate: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(54 + 2 * samples.length), view = new DataView(bytes.buffer);
  const text = (at: number, value: string) => bytes.set(new TextEncoder().encode(value), at);
  text(0, "FORM");
  view.setUint32(4, bytes.length - 8);
  text(8, "AIFFCOMM");
  view.setUint32(16, 18);
  view.setUint16(20, 1);
  view.setUint32(22, samples.length);
  view.setUint16(26, 16);
  // The rate as an 80-bit number: 2^14 times a fraction from 1 to 2.
  view.setUint16(28, 16383 + 14);
  view.setUint32(30, rate / 2 ** 14 * 2 ** 31);
  text(38, "SSND");
  view.setUint32(42, 8 + 2 * samples.length);
  samples.forEach((x, i) => view.setInt16(54 + 2 * i, x));
  return bytes;
}

Deno.test("serveAudio() turns what browsers do not play into WAV, and reads no more than is asked for", () =>
  withFolder(async (folder) => {
    const path = join(folder, "drums & bäss's.aiff");
    const samples = Int16Array.from({ length: 150_000 }, (_, i) => 20_000 * Math.sin(i / 9));
    Deno.writeFileSync(path, aiff(samples, 22050));
    const get = async (headers: Record<string, string> = {}, method = "GET") => {
      const request = new Request("http://127.0.0.1/", { method, headers });
      const response = await serveAudio(path, request);
      return { response, bytes: new Uint8Array(await response.arrayBuffer()) };
    };
    const { response, bytes } = await get();
    assert.equal(response.headers.get("content-type"), "audio/wav");
    assert.equal(response.headers.get("content-length"), String(44 + 2 * samples.length));
    const view = new DataView(bytes.buffer);
    assert.equal(view.getUint32(24, true), 22050);
    assert.equal(view.getUint32(40, true), 2 * samples.length);
    for (const i of [0, 1, 70_000, 149_999]) {
      assert.ok(Math.abs(view.getInt16(44 + 2 * i, true) - samples[i]) <= 1, `sample ${i}`);
    }
    for (const [start, end] of [[0, 9], [40, 51], [45, 45], [100_001, 290_002], [300_043, 1e9]]) {
      const part = await get({ range: `bytes=${start}-${end}` });
      assert.equal(part.response.status, 206);
      assert.deepEqual(part.bytes, bytes.slice(start, end + 1), `${start}-${end}`);
    }
    const head = await get({}, "HEAD");
    assert.equal(head.bytes.length, 0);
    assert.equal(head.response.headers.get("content-length"), String(bytes.length));

    const original = await serveOriginal(path, new Request("http://127.0.0.1/"));
    assert.deepEqual(new Uint8Array(await original.arrayBuffer()), Deno.readFileSync(path));
    assert.equal(
      original.headers.get("content-disposition"),
      "attachment; filename*=UTF-8''drums%20%26%20b%C3%A4ss%27s.aiff",
    );
  }));

Deno.test("serveAudio() hands on the WAV files that browsers play, and turns the others into such", () =>
  withFolder(async (folder) => {
    const samples = Float32Array.from({ length: 1000 }, (_, i) => Math.sin(i / 9) / 2);
    const serve = async (name: string, depth: string, chunk?: [id: string, size: number]) => {
      const wav = new wavefile.WaveFile();
      const values = depth === "64" || depth === "32f" ? samples : samples.map((x) => x * 32767);
      wav.fromScratch(1, 16000, depth, values);
      let bytes: Uint8Array = wav.toBuffer();
      if (chunk !== undefined) {
        const [id, size] = chunk, more = new Uint8Array(8 + size);
        more.set(new TextEncoder().encode(id));
        new DataView(more.buffer).setUint32(4, size, true);
        bytes = Uint8Array.from([...bytes.subarray(0, 12), ...more, ...bytes.subarray(12)]);
        new DataView(bytes.buffer).setUint32(4, bytes.length - 8, true);
      }
      const path = join(folder, name);
      Deno.writeFileSync(path, bytes);
      const response = await serveAudio(path, new Request("http://127.0.0.1/"));
      return { bytes, served: new Uint8Array(await response.arrayBuffer()) };
    };
    const plain: Parameters<typeof serve>[] = [
      ["16.wav", "16"],
      ["float.wav", "32f"],
      // Sound libraries' files have their descriptions first.
      ["broadcast.wav", "16", ["bext", 858]],
      ["junk.wav", "16", ["JUNK", 28]],
    ];
    for (const of of plain) {
      const { bytes, served } = await serve(...of);
      assert.deepEqual(served, new Uint8Array(bytes), of[0]);
    }
    // Floats of 64 bits, under their own coding and the extensible one.
    const { bytes, served } = await serve("double.wav", "64");
    assert.equal(new DataView(bytes.buffer).getUint16(34, true), 64);
    const view = new DataView(served.buffer);
    assert.deepEqual([view.getUint16(20, true), view.getUint16(34, true)], [1, 16]);
    assert.ok(Math.abs(view.getInt16(44 + 2 * 14, true) / 32767 - samples[14]) < 1e-4);
  }));

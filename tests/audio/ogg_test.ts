import assert from "node:assert/strict";
import { join } from "node:path";
import { openAudio, readAudio } from "../../lib/audio/read_audio.ts";
import { FIXTURES, withFolder } from "../support.ts";
import { ascii } from "./odd_files.ts";

const SOUNDS = join(FIXTURES, "sounds");
const NAMES = ["a.ogg", "a.opus", "flac.oga"];

const latin1 = (bytes: Uint8Array) => new TextDecoder("latin1").decode(bytes);

const bytesOf = (name: string) => Deno.readFileSync(join(SOUNDS, name));

/** The pages of an Ogg file. */
function pagesOf(bytes: Uint8Array): Uint8Array<ArrayBuffer>[] {
  const pages: Uint8Array<ArrayBuffer>[] = [];
  for (let at = 0; at < bytes.length; at += pages.at(-1)!.length) {
    const sizes = bytes.subarray(at + 27, at + 27 + bytes[at + 26]);
    pages.push(bytes.slice(at, at + 27 + sizes.length + sizes.reduce((a, b) => a + b, 0)));
  }
  return pages;
}

/** A page of another stream. */
function ofStream(stream: number, page: Uint8Array): Uint8Array {
  const copy = page.slice();
  new DataView(copy.buffer).setUint32(14, stream, true);
  return withChecksum(copy);
}

/** A page of one packet, which begins a stream. */
function firstPage(stream: number, packet: number[]): Uint8Array {
  const header = [...ascii("OggS"), 0, 2, ...Array(20).fill(0), 1, packet.length];
  return ofStream(stream, Uint8Array.of(...header, ...packet));
}

const joined = (parts: Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]));

/** Puts the checksum of the first page of an Ogg file right. */
function withChecksum(bytes: Uint8Array): Uint8Array {
  const end = 27 + bytes[26] + bytes.subarray(27, 27 + bytes[26]).reduce((a, b) => a + b, 0);
  const view = new DataView(bytes.buffer);
  view.setUint32(22, 0);
  let sum = 0;
  for (const byte of bytes.subarray(0, end)) {
    sum ^= byte << 24;
    for (let bit = 0; bit < 8; bit++) sum = sum << 1 ^ (sum < 0 ? 0x04c11db7 : 0);
  }
  view.setInt32(22, sum, true);
  return bytes;
}

/** A recording of Vorbis that says that it has so many samples a second. */
function slowed(bytes: Uint8Array, rate = 11025): Uint8Array {
  const patched = bytes.slice(), at = latin1(bytes).indexOf("\x01vorbis") + 12;
  new DataView(patched.buffer).setUint32(at, rate, true);
  return withChecksum(patched);
}

Deno.test("readAudio() reads all recordings that lie behind each other in an Ogg file", () =>
  withFolder(async (folder) => {
    const path = join(folder, "x"), bytes = (name: string) => Deno.readFileSync(join(SOUNDS, name));
    for (const name of ["a.ogg", "a.opus", "flac.oga"]) {
      const { samples, sampleRate } = await readAudio(join(SOUNDS, name));
      Deno.writeFileSync(path, Uint8Array.of(...bytes(name), ...bytes(name)));
      assert.deepEqual((await readAudio(path)).samples, Float32Array.of(...samples, ...samples));
      using begun = await openAudio(path, 1.5 * samples.length / sampleRate);
      assert.equal(begun.frames, Math.ceil(1.5 * samples.length));
    }
    Deno.writeFileSync(path, Uint8Array.of(...bytes("a.ogg"), ...bytes("flac.oga")));
    await assert.rejects(readAudio(path), /Expected Ogg Vorbis but found a broken file/);
    Deno.writeFileSync(path, Uint8Array.of(...bytes("a.ogg"), ...slowed(bytes("a.ogg"))));
    await assert.rejects(readAudio(path), {
      name: "AudioError",
      message: /of one rate but found \d+ and 11025 Hz in .*, in recordings that lie behind each/,
    });
  }));

Deno.test("readAudio() reads one sound of an Ogg file that holds other streams as well", () =>
  withFolder(async (folder) => {
    const path = join(folder, "x");
    const skeleton = [...ascii("fishead\0"), 3, 0, 0, 0, ...Array(52).fill(0)];
    for (const name of NAMES) {
      const { samples } = await readAudio(join(SOUNDS, name));
      const [first, ...rest] = pagesOf(bytesOf(name));
      for (const other of NAMES) {
        const [otherFirst, ...others] = pagesOf(bytesOf(other)).map((page) => ofStream(99, page));
        const mixed = rest.flatMap((page, i) =>
          others[i] === undefined ? [page] : [others[i], page]
        );
        const begin = [firstPage(5, skeleton), first, otherFirst];
        Deno.writeFileSync(path, joined([...begin, ...mixed]));
        assert.deepEqual((await readAudio(path)).samples, samples, `${other} in ${name}`);
      }
    }
  }));

Deno.test("readAudio() passes over what lies between pages, and half a page at the end", () =>
  withFolder(async (folder) => {
    const path = join(folder, "x"), between = new Uint8Array(500).fill(70);
    for (const name of NAMES) {
      const { samples } = await readAudio(join(SOUNDS, name)), bytes = bytesOf(name);
      const twice = Float32Array.of(...samples, ...samples);
      Deno.writeFileSync(path, joined([bytes, between, bytes]));
      assert.deepEqual((await readAudio(path)).samples, twice, name);
      const pages = pagesOf(bytes);
      Deno.writeFileSync(path, joined(pages.flatMap((page) => [page, between])));
      assert.deepEqual((await readAudio(path)).samples, samples, name);
      Deno.writeFileSync(path, joined([bytes, bytes.subarray(0, -100)]));
      const cut = (await readAudio(path)).samples;
      // Of FLAC there are several pages.
      assert.deepEqual(cut, twice.slice(0, cut.length), name);
      assert.ok(cut.length < twice.length, name);
    }
    // However far away the next page is.
    const twice = joined([bytesOf("a.ogg"), bytesOf("a.ogg")]), { length } = bytesOf("a.ogg");
    Deno.writeFileSync(path, twice);
    const { samples } = await readAudio(path);
    const near = Array.from({ length: 80 }, (_, i) => i + 1);
    for (const count of [...near, 2 ** 16, 200_000]) {
      Deno.writeFileSync(path, twice.subarray(0, length));
      Deno.writeFileSync(path, new Uint8Array(count).fill(70), { append: true });
      Deno.writeFileSync(path, twice.subarray(length), { append: true });
      assert.deepEqual((await readAudio(path)).samples, samples, `${count}`);
    }
    Deno.writeFileSync(path, joined([bytesOf("a.ogg"), between, slowed(bytesOf("a.ogg"))]));
    await assert.rejects(readAudio(path), /of one rate but found \d+ and 11025 Hz in /);
  }));

Deno.test("readAudio() refuses a page of Ogg whose bytes are others than were written", () =>
  withFolder(async (folder) => {
    const path = join(folder, "x");
    for (const name of NAMES) {
      const bytes = bytesOf(name), at = bytes.length - pagesOf(bytes).at(-1)!.length;
      bytes[bytes.length - 20] ^= 1;
      Deno.writeFileSync(path, bytes);
      await assert.rejects(readAudio(path), {
        name: "AudioError",
        message: new RegExp(`but found a page at byte ${at} with another checksum in `),
      });
    }
  }));

Deno.test("readAudio() refuses what a decoder reads at a rate that nothing records at", () =>
  withFolder(async (folder) => {
    const path = join(folder, "x");
    for (const rate of [1000, 1_000_001]) {
      Deno.writeFileSync(path, slowed(bytesOf("a.ogg"), rate));
      if (rate === 1000) assert.equal((await readAudio(path)).sampleRate, rate);
      else {
        const message = new RegExp(`a sample rate from 1 to 1000000 Hz but found ${rate} in `);
        await assert.rejects(readAudio(path), { name: "AudioError", message });
      }
    }
  }));

Deno.test("readAudio() refuses FLAC in Ogg that holds fewer samples than it says", () =>
  withFolder(async (folder) => {
    const path = join(folder, "x"), bytes = bytesOf("flac.oga");
    const { samples } = await readAudio(join(SOUNDS, "flac.oga"));
    const view = new DataView(bytes.buffer), at = latin1(bytes).indexOf("fLaC") + 22;
    for (const count of [samples.length, samples.length + 1]) {
      view.setUint32(at, count);
      Deno.writeFileSync(path, withChecksum(bytes));
      if (count === samples.length) assert.deepEqual((await readAudio(path)).samples, samples);
      else await assert.rejects(readAudio(path), /it holds \d+ of its \d+ samples$/);
    }
  }));

Deno.test("readAudio() refuses Opus whose channels are streams that it has not", () =>
  withFolder(async (folder) => {
    const path = join(folder, "x");
    const [first, ...rest] = pagesOf(bytesOf("a.opus"));
    const { samples } = await readAudio(join(SOUNDS, "a.opus"));
    const stream = new DataView(first.buffer).getUint32(14, true), head = first.slice(28, 46);
    assert.equal(head[9], 1);
    // Of the family that names streams, how many are pairs, and which one the channel is.
    for (const [streams, coupled, map] of [[1, 0, 0], [1, 0, 1], [0, 0, 0], [1, 2, 0]]) {
      const begin = firstPage(stream, [...head, 1, streams, coupled, map]);
      Deno.writeFileSync(path, joined([begin, ...rest]));
      if (streams + coupled + map === 1) {
        assert.deepEqual((await readAudio(path)).samples, samples);
      } else await assert.rejects(readAudio(path), /its head names channels that it has not$/);
    }
  }));

Deno.test("readAudio() says of Opus whose channels are mixed by a matrix that it is no other", () =>
  withFolder(async (folder) => {
    const path = join(folder, "x"), [first, ...rest] = pagesOf(bytesOf("a.opus"));
    const stream = new DataView(first.buffer).getUint32(14, true), head = first.slice(28, 46);
    // A stream, and the one number of the matrix (RFC 8486, section 3.2).
    const begin = firstPage(stream, [...head, 3, 1, 0, 0xff, 0x7f]);
    Deno.writeFileSync(path, joined([begin, ...rest]));
    await assert.rejects(readAudio(path), {
      name: "AudioError",
      message: "Expected Ogg Opus with a stream for each channel but found ambisonics behind a " +
        `matrix (channel mapping family 3) in ${path}`,
    });
  }));

Deno.test("readAudio() turns Opus up or down as its head says", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.opus"), original = join(SOUNDS, "a.opus");
    const bytes = Deno.readFileSync(original);
    assert.deepEqual(withChecksum(bytes.slice()), bytes);
    const { samples } = await readAudio(original);
    for (const decibels of [-6, 2.5]) {
      const patched = bytes.slice(), at = latin1(bytes).indexOf("OpusHead") + 16;
      new DataView(patched.buffer).setInt16(at, 256 * decibels, true);
      Deno.writeFileSync(path, withChecksum(patched));
      const turned = (await readAudio(path)).samples, gain = 10 ** (decibels / 20);
      assert.equal(turned.length, samples.length);
      assert.ok(turned.every((x, i) => Math.abs(x - gain * samples[i]) < 1e-6), `${decibels}`);
    }
  }));

Deno.test("readAudio() ends Opus of one page where the page says that it ends", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.opus"), bytes = Deno.readFileSync(join(SOUNDS, "a.opus"));
    const { samples } = await readAudio(join(SOUNDS, "a.opus"));
    const at = latin1(bytes).lastIndexOf("OggS"), before = bytes.slice(0, at);
    const skip = new DataView(bytes.buffer).getUint16(latin1(bytes).indexOf("OpusHead") + 10, true);
    for (const length of [1, 11_900]) {
      const page = bytes.slice(at);
      new DataView(page.buffer).setBigInt64(6, BigInt(skip + length), true);
      Deno.writeFileSync(path, Uint8Array.of(...before, ...withChecksum(page)));
      assert.deepEqual((await readAudio(path)).samples, samples.slice(0, length));
    }
    // What it says may be more than there is, or that nothing is to be heard.
    for (const [position, found] of [[10n ** 9n, 12_168], [BigInt(skip), 0]] as const) {
      const page = bytes.slice(at);
      new DataView(page.buffer).setBigInt64(6, position, true);
      Deno.writeFileSync(path, Uint8Array.of(...before, ...withChecksum(page)));
      if (found > 0) assert.equal((await readAudio(path)).samples.length, found);
      else await assert.rejects(readAudio(path), /1 or more samples of Ogg Opus but found none/);
    }
  }));

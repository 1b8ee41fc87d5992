import assert from "node:assert/strict";
import { join } from "node:path";
import { readAudio } from "../../lib/audio/read_audio.ts";
import { AudioError, decodeWav, openSound } from "../../lib/audio/wav.ts";
import { writeAllSync } from "../../lib/io/bytes.ts";
import { FIXTURES, withFolder } from "../support.ts";
import { cafBlocks, mutations, mutationsOf, STREAMS } from "./odd_files.ts";

const SOUNDS = join(FIXTURES, "sounds");

/** Writes to a file again and again, in place: to make it anew each time takes the system longer. */
function writerOf(path: string): Disposable & { write(bytes: Uint8Array): void } {
  const file = Deno.openSync(path, { write: true, create: true });
  return {
    write(bytes) {
      file.seekSync(0, Deno.SeekMode.Start);
      writeAllSync(file, bytes);
      file.truncateSync(bytes.length);
    },
    [Symbol.dispose]: () => file.close(),
  };
}

Deno.test("10,000 mutated headers end in samples or an AudioError", () =>
  withFolder(async (folder) => {
    const path = join(folder, "x.wav");
    using file = writerOf(path);
    let good = 0, round = 0;
    for (const bytes of mutations(10_000, 21)) {
      try {
        // Every tenth through a file, as it is read in parts.
        if (round++ % 10 === 0) {
          file.write(bytes);
          assert.ok((await readAudio(path)).samples.length > 0);
        } else {
          assert.ok(decodeWav(bytes, "x.wav").samples.length > 0);
        }
        good++;
      } catch (error) {
        assert.ok(error instanceof AudioError, String(error));
      }
    }
    assert.ok(good > 1000 && good < 9900, `${good}`);
  }));

/** What this file's own arrays and objects take: other files of tests run in the same process. */
function ownMemory(): number {
  const { heapTotal, external } = Deno.memoryUsage();
  return heapTotal + external;
}

Deno.test("mutated headers of every container end in samples or an AudioError, in little memory", () =>
  withFolder((folder) => {
    const path = join(folder, "x");
    const originals = [...STREAMS.map(([, bytes]) => bytes), cafBlocks].map((bytes) =>
      Uint8Array.from(bytes)
    );
    for (const name of ["a.w64", "a.caf", "alaw.aifc", "a.au", "gsm.wav", "ms.wav", "ima.wav"]) {
      originals.push(Deno.readFileSync(join(SOUNDS, name)));
    }
    let good = 0, bad = 0;
    using file = writerOf(path);
    for (const bytes of mutationsOf(originals, 6000, 4)) {
      file.write(bytes);
      const before = ownMemory();
      try {
        using sound = openSound(path);
        if (sound.isPlain) assert.equal(sound.read().length, sound.frames);
        good++;
      } catch (error) {
        assert.ok(error instanceof AudioError, String(error));
        bad++;
      }
      assert.ok(ownMemory() - before < 100 * 2 ** 20, `${bytes.toHex()}`);
    }
    assert.ok(good > 1000 && bad > 1000, `${good} ${bad}`);
  }));

Deno.test("mutated headers of compressed files end in samples or an AudioError", () =>
  withFolder(async (folder) => {
    const path = join(folder, "x");
    let good = 0, bad = 0;
    for (const name of ["a.flac", "flac.oga", "a.ogg", "a.opus", "a.mp3"]) {
      for (const bytes of mutationsOf([Deno.readFileSync(join(SOUNDS, name))], 6, 5)) {
        Deno.writeFileSync(path, bytes);
        try {
          assert.ok((await readAudio(path)).samples.length > 0);
          good++;
        } catch (error) {
          assert.ok(error instanceof AudioError, `${name}: ${error}`);
          bad++;
        }
      }
    }
    assert.ok(good > 0 && bad > 0, `${good} ${bad}`);
  }));

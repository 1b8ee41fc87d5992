/**
 * What becomes of the processes that decode for this program, which is one of its own: others' tests
 * run in one with theirs. Prints "held" where all is as it should be. Needs Linux's /proc.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { openAudio, readAudio } from "../../lib/audio/read_audio.ts";
import { AudioError } from "../../lib/audio/wav.ts";
import { FIXTURES, until } from "../support.ts";
import { decoderProcesses } from "./decoder_processes.ts";

const SOUNDS = join(FIXTURES, "sounds");
const PATH = join(SOUNDS, "a.mp3");
const children = () => decoderProcesses(({ parent }) => parent === Deno.pid);

// They are used again, no more of them than may be, and may do nothing else.
await Promise.all(Array.from({ length: 12 }, () => readAudio(PATH)));
const before = children();
assert.ok(before.length >= 1 && before.length <= Math.max(2, navigator.hardwareConcurrency));
for (const name of ["a.flac", "flac.oga", "a.ogg", "a.opus"]) await readAudio(join(SOUNDS, name));
assert.deepEqual(children(), before);
for (const pid of before) {
  assert.doesNotMatch(Deno.readTextFileSync(`/proc/${pid}/cmdline`), /\0(-A|--allow)/);
}

// Nor does a recording cost one that is found to be broken before it is decoded.
const broken = Deno.readFileSync(join(SOUNDS, "a.ogg")), wrong = Deno.makeTempFileSync();
// The last byte of its last page, whose checksum is another then.
broken[broken.length - 1] ^= 1;
Deno.writeFileSync(wrong, broken);
try {
  await assert.rejects(readAudio(wrong), /^AudioError: .* found a page at byte \d+ with another/);
} finally {
  Deno.removeSync(wrong);
}
assert.deepEqual(children(), before);

// One that stands still costs one file, one that was killed none.
const { samples } = await readAudio(PATH);
for (const pid of children()) Deno.kill(pid, "SIGSTOP");
await assert.rejects(openAudio(PATH, Infinity, 300), (error: Error) => {
  assert.ok(error instanceof AudioError);
  assert.match(error.message, /^Expected MP3 that is decoded within 0\.3 s but found more in /);
  return true;
});
for (const pid of children()) Deno.kill(pid, "SIGKILL");
await until(() => children().length === 0);
assert.deepEqual((await readAudio(PATH)).samples, samples);
assert.equal(children().length, 1);

// Nor does one that ends in the very moment in which it is taken, or given back.
for (const how of ["ref", "unref"] as const) {
  const original = Deno.ChildProcess.prototype[how];
  let ended = 0;
  Deno.ChildProcess.prototype[how] = function () {
    Deno.ChildProcess.prototype[how] = original;
    this.kill("SIGKILL");
    ended++;
    throw new Deno.errors.BadResource("Bad resource ID");
  };
  assert.deepEqual((await readAudio(PATH)).samples, samples);
  assert.equal(ended, 1);
  assert.deepEqual((await readAudio(PATH)).samples, samples);
}

console.log("held");
if (Deno.args[0] === "stay") setInterval(() => {}, 1000);

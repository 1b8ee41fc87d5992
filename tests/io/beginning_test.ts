import assert from "node:assert/strict";
import { join } from "node:path";
import { decodeWav, readAudio } from "../../lib/mod.ts";
import { foundAt, standIn } from "../../lib/io/beginning.ts";
import { readNotebook } from "../../lib/notebook/ipynb.ts";
import { OnnxEncoder } from "../../lib/onnx/encoder.ts";
import { openCheckpoint } from "../../lib/pytorch/checkpoint.ts";
import { NEEDS_UNIX, withFolder } from "../support.ts";

const LFS = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 132735\n";

for (
  const [what, beginning, found] of [
    ["nothing", "", "an empty file"],
    ["a pointer of Git LFS", LFS, /^a pointer of Git LFS \(git lfs pull /],
    ["a pointer of git-annex", "/annex/objects/MD5E-s44--1.wav\n", /^a pointer of git-annex \(/],
    [
      "a link of git-annex that became a file",
      "../../.git/annex/objects/Kx/0F/MD5E-s44--1.wav/MD5E-s44--1.wav",
      /^a pointer of git-annex \(/,
    ],
    ["a page of a log-in", "\n<!DOCTYPE html>\n<title>Log in</title>", "a web page"],
    ["something else", "OggS\0\x02", '"OggS"'],
    ["a text about Git LFS", "a version https://git-lfs", '"a ve"'],
  ] as const
) {
  Deno.test(`errors say of a file with ${what} what it is`, () => {
    if (typeof found === "string") assert.equal(foundAt(beginning), found);
    else assert.match(foundAt(beginning), found);
    assert.equal(standIn(beginning) === undefined, foundAt(beginning).startsWith('"'));
  });
}

Deno.test("a pointer in place of a file is named by all that read files", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.bin");
    await Deno.writeTextFile(path, LFS);
    const found = /but found a pointer of Git LFS \(git lfs pull fetches what it stands for\)/;
    assert.throws(() => decodeWav(new TextEncoder().encode(LFS), path), found);
    await assert.rejects(readAudio(path), (error: Error) => {
      assert.match(error.message, found);
      assert.doesNotMatch(error.message, /ffmpeg/);
      return true;
    });
    await assert.rejects(openCheckpoint(path), found);
    await assert.rejects(OnnxEncoder.load(path), found);
  }));

Deno.test({
  name: `a folder, a pipe and a device are named where a file was expected${NEEDS_UNIX}`,
  ignore: NEEDS_UNIX !== "",
  fn: () =>
    withFolder(async (folder) => {
      const pipe = join(folder, "x.onnx"), other = "a pipe or a device";
      await new Deno.Command("mkfifo", { args: [pipe] }).output();
      for (const [path, found] of [[folder, "a folder"], [pipe, other], ["/dev/zero", other]]) {
        await assert.rejects(OnnxEncoder.load(path), {
          name: "OnnxError",
          message: `Expected an ONNX network but found ${found} at ${path}`,
        });
        assert.throws(() => readNotebook(path), {
          name: "NotebookError",
          message: `Expected a notebook but found ${found} at ${path}`,
        });
      }
    }),
});

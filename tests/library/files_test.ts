import assert from "node:assert/strict";
import { basename, join, parse } from "node:path";
import { findFiles } from "../../lib/library/files.ts";
import { withFolder } from "../support.ts";

const isWindows = Deno.build.os === "windows";

Deno.test("findFiles() finds files whatever they are called, and each once where links go round", () =>
  withFolder((folder) => {
    const names = ["a#b?c%20.wav", 'it\'s "so".WAV', "größe 🐶.flac", "<b>&amp;.mp3", "-rf.ogg"];
    for (const name of isWindows ? ["größe.flac"] : names) {
      Deno.writeTextFileSync(join(folder, name), "");
    }
    for (const name of [".hidden.wav", "notes.txt"]) Deno.writeTextFileSync(join(folder, name), "");
    Deno.symlinkSync(folder, join(folder, "round"), { type: "dir" });
    Deno.symlinkSync(join(folder, "nowhere"), join(folder, "dead.wav"), { type: "file" });
    const { files, unread } = findFiles([folder]);
    const found = files.map(({ path }) => basename(path));
    assert.deepEqual(found.toSorted(), (isWindows ? ["größe.flac"] : names).toSorted());
    assert.deepEqual(unread, []);
  }));

Deno.test("findFiles() goes through a folder once, by its own name, however many links lead there", () =>
  withFolder((folder) => {
    // Each folder has two links to the next: there are a million million ways to the last.
    const depth = 40, at = (i: number) => join(folder, "z", `${i}`);
    for (let i = 0; i <= depth; i++) Deno.mkdirSync(at(i), { recursive: true });
    for (let i = 0; i < depth; i++) {
      for (const name of ["a", "b"]) {
        Deno.symlinkSync(at(i + 1), join(at(i), name), { type: "dir" });
      }
    }
    const other = join(folder, "other");
    Deno.mkdirSync(other);
    for (const path of [join(at(depth), "deep.wav"), join(other, "far.wav")]) {
      Deno.writeTextFileSync(path, "");
    }
    Deno.symlinkSync(at(depth), join(folder, "z", "0_link"), { type: "dir" });
    Deno.symlinkSync(other, join(folder, "z", "other"), { type: "dir" });
    const { files } = findFiles([join(folder, "z")]);
    assert.deepEqual(files.map(({ path }) => path), [
      join(at(depth), "deep.wav"),
      join(folder, "z", "other", "far.wav"),
    ]);
  }));

Deno.test("findFiles() leaves out links that lead up, and says so: nobody means the whole disk", () =>
  withFolder((root) => {
    const folder = Deno.realPathSync(root), sounds = join(folder, "sounds");
    for (const name of [join("sounds", "a"), join("disk", "deep"), "beside"]) {
      Deno.mkdirSync(join(folder, name), { recursive: true });
    }
    const written = [["sounds", "a", "in.wav"], ["beside", "up.wav"], ["disk", "deep", "far.wav"]];
    for (const name of written) Deno.writeTextFileSync(join(folder, ...name), "");
    const link = (to: string, ...from: string[]) =>
      Deno.symlinkSync(to, join(folder, ...from), { type: "dir" });
    link(folder, "sounds", "up");
    link(isWindows ? parse(folder).root : "/", "sounds", "whole");
    // What it leads to is followed, but not from there to what is around that.
    link(join(folder, "disk", "deep"), "sounds", "deep");
    link(join(folder, "disk"), "disk", "deep", "disk");
    // One that leads up to what was gone through is of no account.
    link(sounds, "sounds", "a", "round");
    const { files, unread, leftOut } = findFiles([sounds]);
    assert.deepEqual(files.map(({ path }) => path), [
      join(sounds, "a", "in.wav"),
      join(sounds, "deep", "far.wav"),
    ]);
    assert.deepEqual(unread, []);
    assert.deepEqual(leftOut.map(({ path }) => path), [
      join(sounds, "up"),
      join(sounds, "whole"),
      join(sounds, "deep", "disk"),
    ]);
    assert.equal(
      leftOut[0].reason,
      `Expected ${
        join(sounds, "up")
      } to lead to other sounds but found that it leads to ${folder}, ` +
        `which is around it: left out; name ${folder} itself to take it in`,
    );
    // Who asks for it gets it, by its own name.
    assert.equal(findFiles([sounds, folder]).files.length, 3);
  }));

Deno.test({
  name: "findFiles() passes over what never ends, and tells of names that it can't say",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    withFolder((folder) => {
      const { success } = new Deno.Command("sh", {
        args: [
          "-c",
          "mkfifo pipe.wav && ln -s /dev/zero zero.wav && touch \"$(printf 'a\\351.wav')\"",
        ],
        cwd: folder,
      }).outputSync();
      assert.ok(success);
      const { files, unread } = findFiles([folder]);
      assert.deepEqual(files, []);
      assert.equal(unread.length, 1);
      assert.match(
        unread[0].reason,
        /^Expected a name in UTF-8 but found .*a\ufffd\.wav: rename it$/,
      );
      assert.throws(
        () => findFiles([join(folder, "pipe.wav")]),
        /^LibraryError: Expected a folder or a file but found a pipe or a device at .*pipe\.wav$/,
      );
    }),
});

Deno.test("findFiles() counts recordings of kinds that are not read, and nothing else", () =>
  withFolder((folder) => {
    const read = ["a.wav", "e.gsm", "f.MP2"];
    const names = [...read, "b.m4a", "c.M4A", "d.wma", "notes.txt", "film.mov", ".hidden.m4a"];
    for (const name of names) Deno.writeTextFileSync(join(folder, name), "");
    const { files, otherKinds, empty } = findFiles([folder]);
    assert.deepEqual(files.map(({ path }) => basename(path)), read);
    assert.deepEqual([...otherKinds].sort(), [[".m4a", 2], [".wma", 1]]);
    assert.deepEqual(empty, []);
  }));

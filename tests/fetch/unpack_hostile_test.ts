/** What archives must not do to the machine that unpacks them. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { unpackFile } from "../../helpers.ts";
import { type ArchiveEntry, planEntries } from "../../lib/fetch/archive.ts";
import { writeFiles } from "../support.ts";
import { tar, zip } from "./archives.ts";
import { tree, withRoot } from "./support.ts";

const SYMLINK = { externalFileAttributes: 0o120777 << 16, versionMadeBy: 0x0314 };

/** Names `../evil` the hard way: writers correct it, so a harmless name is patched. */
function renamed(bytes: Uint8Array, from: string, to: string): Uint8Array {
  assert.equal(from.length, to.length);
  const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("").replaceAll(from, to);
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

const HOSTILE: [what: string, archive: string, make: () => Promise<Uint8Array>, message: RegExp][] =
  [
    [
      "a zip with ..",
      "a.zip",
      async () => renamed(await zip([["ok.txt", "x"], ["aa/evil", "x"]]), "aa/evil", "../evil"),
      /names inside the target folder but found "\.\.\/evil"/,
    ],
    [
      "a zip with an absolute name",
      "a.zip",
      async () => renamed(await zip([["aa/evil", "x"]]), "aa/evil", "/a/evil"),
      /names inside the target folder but found "\/a\/evil"/,
    ],
    [
      "a zip with .. behind Windows separators",
      "a.zip",
      async () => renamed(await zip([["aa/evil", "x"]]), "aa/evil", "..\\evil"),
      /names inside the target folder/,
    ],
    [
      "a zip with a drive's letter",
      "a.zip",
      async () => renamed(await zip([["aa/evil", "x"]]), "aa/evil", "C:/evil"),
      /names inside the target folder/,
    ],
    [
      "a zip with a link that points out",
      "a.zip",
      () => zip([["link", "../../etc/passwd", SYMLINK]]),
      /links that stay inside the target folder but found link → \.\.\/\.\.\/etc\/passwd/,
    ],
    [
      "a zip that expands past the limit",
      "a.zip",
      () => zip([["zeros", "0".repeat(3_000_000)]]),
      /unpack to at most 1000000 bytes but found 3000000 or more; the option maxBytes/,
    ],
    [
      "a tar with ..",
      "a.tar",
      () => tar([{ name: "ok.txt", text: "x" }, { name: "a/../../evil", text: "x" }]),
      /names inside the target folder but found "a\/\.\.\/\.\.\/evil"/,
    ],
    [
      "a tar with an absolute name",
      "a.tar",
      async () =>
        renamedTar(await tar([{ name: "xtmp/evil", text: "x" }]), "xtmp/evil", "/tmp/evil"),
      /names inside the target folder but found "\/tmp\/evil"/,
    ],
    [
      "a tar with an absolute link",
      "a.tar",
      () => tar([{ name: "link", type: "symlink", linkname: "/etc" }]),
      /links that stay inside the target folder but found link → \/etc/,
    ],
    [
      "a tar that writes through its own link",
      "a.tar",
      () => tar([{ name: "link", type: "symlink", linkname: "." }, { name: "link/x", text: "x" }]),
      /no entry behind the link link but found link\/x/,
    ],
    [
      "a tar with a link out over another link",
      "a.tar",
      () =>
        tar([
          { name: "a/b/up", type: "symlink", linkname: "../.." },
          { name: "out", type: "symlink", linkname: "a/b/up/.." },
        ]),
      /links that stay inside the target folder but found out → a\/b\/up\/\.\./,
    ],
    [
      "a tar with links that go round",
      "a.tar",
      () =>
        tar([
          { name: "a", type: "symlink", linkname: "b" },
          { name: "b", type: "symlink", linkname: "a" },
        ]),
      /links that stay inside/,
    ],
    [
      "a tar with a hard link out",
      "a.tar",
      () => tar([{ name: "link", type: "link", linkname: "../secret" }]),
      /names inside the target folder|lead to a file of the archive/,
    ],
    [
      "a tar with a hard link to nothing",
      "a.tar",
      () => tar([{ name: "link", type: "link", linkname: "none" }]),
      /the link link to lead to a file of the archive but found "none"/,
    ],
    [
      "a tar with a device",
      "a.tar",
      () => tar([{ name: "ok", text: "x" }, { name: "null", type: "character-device" }]),
      /files, folders and links but found another kind of entry: null/,
    ],
    [
      "a tar with a pipe",
      "a.tar",
      () => tar([{ name: "p", type: "fifo" }]),
      /another kind of entry: p/,
    ],
    [
      "a tar.gz that expands past the limit",
      "a.tar.gz",
      async () => gzipSync(await tar([{ name: "zeros", text: "0".repeat(3_000_000) }])),
      /at most 1000000 bytes/,
    ],
    [
      "a .gz that expands past the limit",
      "a.gz",
      () => Promise.resolve(gzipSync("0".repeat(3_000_000))),
      /at most 1000000 bytes/,
    ],
    [
      "a zip that is none",
      "a.zip",
      () => Promise.resolve(new Uint8Array(100)),
      /Expected a whole zip archive in .*a\.zip/,
    ],
    [
      "a zip cut short",
      "a.zip",
      async () => (await zip([["a.txt", "x".repeat(1000)]])).slice(0, -30),
      /Expected a whole zip archive/,
    ],
    [
      "a tar cut short",
      "a.tar",
      async () => (await tar([{ name: "a", text: "x".repeat(2000) }])).slice(0, 1500),
      /Expected a whole tar archive in .*a\.tar but found a broken one/,
    ],
    [
      "a tar.gz cut short",
      "a.tgz",
      async () => gzipSync(await tar([{ name: "a", text: "x" }])).subarray(0, 60),
      /Expected a whole tar\.gz archive/,
    ],
    [
      "a tar.xz that is none",
      "a.tar.xz",
      () => Promise.resolve(new Uint8Array(100).fill(7)),
      /Expected a whole tar\.xz archive/,
    ],
    ["an empty tar", "a.tar", () => Promise.resolve(new Uint8Array()), /found no entries/],
    [
      "an unknown format",
      "a.rar",
      () => Promise.resolve(new Uint8Array(10)),
      /Expected a \.zip.* but found a\.rar/,
    ],
  ];

/** Patches a name in a tar header, and its checksum with it. */
function renamedTar(bytes: Uint8Array, from: string, to: string): Uint8Array {
  const patched = renamed(bytes, from, to);
  const header = patched.subarray(0, 512);
  header.fill(0x20, 148, 156);
  const sum = header.reduce((sum, byte) => sum + byte, 0);
  header.set(new TextEncoder().encode(sum.toString(8).padStart(6, "0") + "\0 "), 148);
  return patched;
}

for (const [what, name, make, message] of HOSTILE) {
  Deno.test(`unpackFile() refuses ${what}, and writes nothing`, () =>
    withRoot(async (root) => {
      const bytes = await make();
      Deno.writeFileSync(join(root, name), bytes);
      writeFiles(root, { "out/mine.txt": "mine" });
      await assert.rejects(unpackFile(name, "out", { maxBytes: 1_000_000 }), {
        name: "ArchiveError",
        message,
      });
      assert.deepEqual(tree(join(root, "out")), { "mine.txt": "mine" });
      assert.deepEqual(
        [...Deno.readDirSync(root)].map(({ name }) => name).sort(),
        [name, "out"].sort(),
      );
    }));
}

Deno.test("planEntries() refuses what another system than Linux makes something else of", () => {
  const file = (name: string) => ({ name, kind: "file" as const, size: 1 });
  const link = (name: string, target: string) => ({
    ...file(name),
    kind: "symlink" as const,
    target,
  });
  const plan = (entries: ArchiveEntry[], os: string) => () => planEntries(entries, 10, os);
  const names =
    "a\\..\\..\\evil|a/C:evil|a.txt:hidden|aux|a/CON.wav|Lpt¹.x|dog. |dog../b|what?.wav|a*";
  for (const name of names.split("|")) {
    assert.throws(plan([file(name)], "windows"), {
      name: "ArchiveError",
      message: `Expected names that files on Windows may have but found ${Deno.inspect(name)}`,
    });
    assert.equal(plan([file(name)], "linux")().length, 1);
  }
  for (const name of ["auxiliary.wav", "con1.wav", ".dog", "é ü/a b.wav"]) {
    assert.deepEqual(plan([file(name)], "windows")()[0].parts, name.split("/"));
  }
  const outside = [link("a", "."), link("b", "A/..")];
  const behind = [link("Lin\u00e9", "."), file("line\u0301/x")];
  for (const os of ["windows", "darwin"]) {
    assert.throws(plan(outside, os), /stay inside the target folder but found b → A\/\.\./);
    assert.throws(plan(behind, os), /no entry behind the link/);
  }
  assert.equal(plan(outside, "linux")().length, 2);
  assert.throws(plan([link("a", "x\\..\\..")], "windows"), /links that stay inside/);
});

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { unpackFile } from "../../helpers.ts";
import { NEEDS_UNIX, PROJECT, writeFiles } from "../support.ts";
import { tar, zip } from "./archives.ts";
import { tree, withRoot } from "./support.ts";

const FILES = {
  "top.txt": "top",
  "empty.txt": "",
  "Grüße/機械 é.txt": "names in UTF-8",
  [`${"long/".repeat(30)}${"name".repeat(30)}.txt`]: "a long name",
  "big.txt": "0123456789".repeat(100_000),
};

function has(tool: string): boolean {
  try {
    return new Deno.Command(tool, { args: ["--help"], stdout: "null", stderr: "null" }).outputSync()
      .success;
  } catch {
    return false;
  }
}

function run(cwd: string, tool: string, ...args: string[]) {
  // Without it tar adds a file of its own to each on macOS.
  const env = { COPYFILE_DISABLE: "1" };
  const { success, stderr } = new Deno.Command(tool, { args, cwd, env }).outputSync();
  assert.ok(success, new TextDecoder().decode(stderr));
}

const MAKERS: [format: string, tool: string, make: (cwd: string, archive: string) => void][] = [
  ["zip", "zip", (cwd, archive) => run(cwd, "zip", "-qr", archive, ".")],
  ["tar", "tar", (cwd, archive) => run(cwd, "tar", "-cf", archive, ".")],
  ["tar.gz", "tar", (cwd, archive) => run(cwd, "tar", "-czf", archive, ".")],
  ["tgz", "tar", (cwd, archive) => run(cwd, "tar", "--format=pax", "-czf", archive, ".")],
  ["tar.xz", "xz", (cwd, archive) => run(cwd, "tar", "-cJf", archive, ".")],
];

for (const [format, tool, make] of MAKERS) {
  const ignore = !has(tool);
  Deno.test({
    name: `unpackFile() unpacks a .${format} that ${tool} made${ignore ? ` (needs ${tool})` : ""}`,
    ignore,
    fn: () =>
      withRoot(async (root) => {
        writeFiles(join(root, "source"), FILES);
        Deno.symlinkSync("top.txt", join(root, "source", "link"));
        make(join(root, "source"), join(root, `a.${format}`));
        await unpackFile(`a.${format}`, "out/deep");
        // zip without -y follows links.
        const link = format === "zip" ? FILES["top.txt"] : "→ top.txt";
        assert.deepEqual(tree(join(root, "out", "deep")), { ...FILES, link });
      }),
  });
}

Deno.test("unpackFile() unpacks a plain .gz, also of several members", () =>
  withRoot(async (root) => {
    Deno.writeFileSync(
      join(root, "words.txt.gz"),
      new Uint8Array([...gzipSync("one, "), ...gzipSync("two")]),
    );
    await unpackFile("words.txt.gz", "out");
    assert.deepEqual(tree(join(root, "out")), { "words.txt": "one, two" });
  }));

Deno.test("unpackFile() unpacks Deflate64, as 7-Zip and Windows write it for large files", () =>
  withRoot(async (root) => {
    Deno.copyFileSync(
      join(PROJECT, "tests", "fixtures", "archives", "deflate64.zip"),
      join(root, "a.zip"),
    );
    await unpackFile("a.zip", ".");
    const hash = createHash("sha256").update(Deno.readFileSync(join(root, "text.txt"))).digest(
      "hex",
    );
    assert.equal(hash, DEFLATE64_SHA256);
  }));

const DEFLATE64_SHA256 = "d5fa1fc70f8ad2a80f4d9419bf9a05ddc45c2c234fb24b2af62e4b332132bc87";

Deno.test("unpackFile() unpacks ZIP64", () =>
  withRoot(async (root) => {
    const bytes = await zip([["a/é.txt", "sixty-four"], ["b.txt", "b"]], { zip64: true });
    Deno.writeFileSync(join(root, "a.zip"), bytes);
    await unpackFile("a.zip", "out");
    assert.deepEqual(tree(join(root, "out")), { "a/é.txt": "sixty-four", "b.txt": "b" });
  }));

Deno.test("unpackFile() unpacks more where the caller raises the limit, and links inside", () =>
  withRoot(async (root) => {
    const bytes = await tar([
      { name: "a/zeros", text: "0".repeat(3000) },
      { name: "a/b/up", type: "symlink", linkname: "../zeros" },
      { name: "hard", type: "link", linkname: "a/zeros" },
    ]);
    Deno.writeFileSync(join(root, "a.tar"), bytes);
    await assert.rejects(unpackFile("a.tar", "out", { maxBytes: 2999 }), /at most 2999 bytes/);
    await unpackFile("a.tar", "out", { maxBytes: 3000 });
    assert.deepEqual(tree(join(root, "out")), {
      "a/b/up": "→ ../zeros",
      "a/zeros": "0".repeat(3000),
      hard: "0".repeat(3000),
    });
  }));

Deno.test("unpackFile() adds to a folder, replaces files, but writes through no link of it", () =>
  withRoot(async (root) => {
    Deno.writeFileSync(
      join(root, "a.zip"),
      await zip([["sub/new.txt", "new"], ["old.txt", "newer"]]),
    );
    writeFiles(root, { "out/sub/mine.txt": "mine", "out/old.txt": "old", "elsewhere/x": "x" });
    await unpackFile("a.zip", "out");
    assert.deepEqual(tree(join(root, "out")), {
      "old.txt": "newer",
      "sub/mine.txt": "mine",
      "sub/new.txt": "new",
    });
    Deno.mkdirSync(join(root, "linked"));
    Deno.symlinkSync(join(root, "elsewhere"), join(root, "linked", "sub"));
    await assert.rejects(unpackFile("a.zip", "linked"), /Expected a folder or nothing at .*sub/);
    assert.deepEqual(tree(join(root, "elsewhere")), { x: "x" });
  }));

Deno.test(`unpackFile() keeps whether a file may be executed${NEEDS_UNIX}`, {
  ignore: NEEDS_UNIX !== "",
}, () =>
  withRoot(async (root) => {
    writeFiles(root, { "in/run.sh": "#!/bin/sh", "in/data": "x" });
    Deno.chmodSync(join(root, "in", "run.sh"), 0o755);
    run(join(root, "in"), "tar", "-cf", join(root, "a.tar"), ".");
    await unpackFile("a.tar", "out");
    const mode = (name: string) => Deno.statSync(join(root, "out", name)).mode! & 0o111;
    // By whom the person wants it: who may look into folders.
    assert.equal(mode("run.sh"), mode("."));
    assert.ok(mode("run.sh") > 0);
    assert.equal(mode("data"), 0);
  }));

for (
  const [what, args, message] of [
    ["an archive outside", ["../a.zip", "out"], /Expected filePath .* found "\.\.\/a\.zip"/],
    ["a folder outside", ["a.zip", "/out"], /Expected outputDir .* found "\/out"/],
  ] as [string, [string, string], RegExp][]
) {
  Deno.test(`unpackFile() throws TypeError on ${what}`, async () => {
    await assert.rejects(unpackFile(...args), { name: "TypeError", message });
  });
}

Deno.test("unpackFile() names an archive that is not there", () =>
  withRoot(async () => {
    await assert.rejects(unpackFile("none.zip", "out"), /found no file at .*none\.zip/);
  }));

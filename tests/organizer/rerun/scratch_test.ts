import assert from "node:assert/strict";
import { join } from "node:path";
import { holdFile } from "../../../lib/io/held_file.ts";
import { PROJECT, withFolder, writeFiles } from "../../support.ts";

const MODULE = JSON.stringify(
  new URL("../../../lib/organizer/rerun/scratch.ts", import.meta.url).href,
);

/** Runs code with the module of folders, in a process whose folder for temporary files this is. */
async function inFolder(temporary: string, code: string): Promise<string> {
  return await withFolder(async (folder) => {
    const program = join(folder, "program.ts");
    Deno.writeTextFileSync(program, `import * as scratch from ${MODULE};\n${code}`);
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", "--config", join(PROJECT, "deno.json"), program],
      // As Unix and Windows call it.
      env: { TMPDIR: temporary, TMP: temporary, TEMP: temporary },
    }).output();
    return new TextDecoder().decode(stdout);
  });
}

const namesIn = (folder: string) => Array.from(Deno.readDirSync(folder), ({ name }) => name).sort();

Deno.test("removeLeftovers() removes the folders of batches that were killed, and of no other", () =>
  withFolder(async (folder) => {
    // One that was killed in the middle.
    await inFolder(folder, 'new scratch.ScratchFolders().make(); Deno.kill(Deno.pid, "SIGKILL");');
    const [left, held] = namesIn(folder);
    assert.match(left, /^qvim-rerun-\d+-[0-9a-f]{8}-/);
    assert.match(held, /^qvim-rerun-\d+-[0-9a-f]{8}\.held$/);
    // One that goes on in another container, where its number means another process, or none.
    writeFiles(folder, { "qvim-rerun-4194305-0123abcd-x/file": "" });
    const other = holdFile(join(folder, "qvim-rerun-4194305-0123abcd.held"), "")!;
    // What others call so.
    writeFiles(folder, { "qvim-rerun-1-mine/file": "", "qvim-rerun-1.held": "" });
    const stays = [
      ...["qvim-rerun-1-mine", "qvim-rerun-1.held"],
      ...["qvim-rerun-4194305-0123abcd-x", "qvim-rerun-4194305-0123abcd.held"],
    ];
    assert.equal(await inFolder(folder, "console.log(scratch.removeLeftovers());"), "1\n");
    assert.deepEqual(namesIn(folder), stays);
    assert.equal(await inFolder(folder, "console.log(scratch.removeLeftovers());"), "0\n");
    other.release();
  }));

Deno.test("ScratchFolders leaves nothing behind", () =>
  withFolder(async (folder) => {
    const code = `const folders = new scratch.ScratchFolders(), { remove } = folders.make();
      folders.make(), remove(), folders.make(), folders.removeAll(); console.log("done");`;
    assert.equal(await inFolder(folder, code), "done\n");
    assert.deepEqual(namesIn(folder), []);
  }));

import assert from "node:assert/strict";
import { join } from "node:path";
import { SoundLibrary } from "../../lib/library/search.ts";
import { MISSING_MOUNT, withSmallDisk } from "../small_disk.ts";
import { cli, withFolder } from "../support.ts";
import { manySounds, rowsOf, writeSound } from "./support.ts";

Deno.test({
  name: `a full disk costs a library its last batch and nothing else${MISSING_MOUNT}`,
  ignore: MISSING_MOUNT !== "",
  fn: async () => {
    await withFolder(async (folder) => {
      const sounds = manySounds(44), at = (i: number) => join(folder, "sounds", `${i}.wav`);
      sounds.slice(0, 22).forEach((sound, i) => writeSound(at(i), sound));
      await withSmallDisk(8, async (disk) => {
        const library = join(disk, "library");
        const index = () => cli(["index", join(folder, "sounds"), "--library", library, "--json"]);
        assert.equal((await index()).code, 0);
        const before = await rowsOf(library);
        assert.equal(before.length, 22);

        // All that is free but a little is taken up by something else.
        const filler = join(disk, "filler");
        const file = Deno.openSync(filler, { create: true, write: true });
        assert.throws(() => {
          while (true) file.writeSync(new Uint8Array(16384));
        });
        file.close();
        Deno.truncateSync(filler, Deno.statSync(filler).size - 100_000);
        sounds.slice(22).forEach((sound, i) => writeSound(at(22 + i), sound));
        const full = await index();
        assert.equal(full.code, 1);
        assert.match(
          full.stderr,
          /LibraryError: Expected to read and write the library in .* but found: .*No space left/,
        );
        const rows = await rowsOf(library), left = new Map(rows.map((row) => [row.path, row]));
        // A machine that hears slowly writes small batches, some of which may still have found room.
        assert.ok(left.size === rows.length && left.size < 44, `${left.size} of ${rows.length}`);
        // When they were looked at may have been noted anew: they were just written.
        for (const row of before) {
          assert.deepEqual({ ...left.get(row.path), added: 0 }, { ...row, added: 0 });
        }
        const open = await SoundLibrary.open(library);
        assert.equal((await open.search(at(3)))[0].path, at(3));
        open.close();

        Deno.removeSync(filler);
        const after = await index();
        assert.equal(after.code, 0, after.stderr);
        assert.equal(JSON.parse(after.stdout).sounds, 44);
      });
    });
  },
});

/** Libraries of which something was cut short, lost or written over. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { indexSounds } from "../../lib/library/indexing.ts";
import { SoundLibrary } from "../../lib/library/search.ts";
import { FALL, RISE } from "../models/sounds.ts";
import { cli, withFolder } from "../support.ts";
import { writeSound } from "./support.ts";

/** The files that hold the sounds' rows. */
function dataFiles(library: string): string[] {
  const folder = join(library, "sounds.lance", "data");
  return Array.from(Deno.readDirSync(folder), ({ name }) => join(folder, name));
}

const DAMAGES: [what: string, damage: (library: string) => void][] = [
  ["files that are cut short", (library) => {
    for (const path of dataFiles(library)) Deno.truncateSync(path, 50);
  }],
  ["a file that is gone", (library) => Deno.removeSync(dataFiles(library)[0])],
  ["versions that are empty", (library) => {
    const folder = join(library, "sounds.lance", "_versions");
    for (const { name } of Deno.readDirSync(folder)) Deno.truncateSync(join(folder, name));
  }],
];

for (const [what, damage] of DAMAGES) {
  Deno.test(`a library with ${what} is said to be damaged, by all that open it`, () =>
    withFolder(async (folder) => {
      const library = join(folder, "library"), sounds = join(folder, "sounds");
      writeSound(join(sounds, "rise.wav"), RISE);
      await indexSounds([sounds], library);
      damage(library);
      const said = new RegExp(
        `^Expected to read and write the library in .*library but found: .*; if it is damaged, ` +
          "remove that folder and index again: what was heard is all that is in it$",
      );
      const isSaid = { name: "LibraryError", message: said };
      await assert.rejects(SoundLibrary.open(library), isSaid);
      writeSound(join(sounds, "fall.wav"), FALL);
      await assert.rejects(indexSounds([sounds], library), isSaid);
    }));
}

Deno.test("a library that may not be looked into is not said to be none", () =>
  withFolder(async (folder) => {
    const library = join(folder, "library");
    writeSound(join(folder, "sounds", "rise.wav"), RISE);
    await indexSounds([join(folder, "sounds")], library);
    // Rights stop no administrator: a file in the place of the table is what can't be looked into.
    Deno.removeSync(join(library, "sounds.lance"), { recursive: true });
    Deno.writeTextFileSync(join(library, "sounds.lance"), "");
    const { code, stderr } = await cli([
      ...["search", join(folder, "sounds", "rise.wav"), "--library", library],
    ]);
    assert.equal(code, 1);
    assert.match(stderr, /^LibraryError: Expected the folder of a library but found a file at /);
  }));

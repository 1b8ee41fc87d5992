import { plain } from "../lib/io/plain.ts";
import { indexSounds } from "../lib/library/indexing.ts";
import { DEFAULT_LIBRARY } from "../lib/library/store.ts";
import { defineCommand } from "./command.ts";

/** Broken files that are named one by one; --json names all. */
const NAMED = 20;

/** Where a library lies, as an option of all commands of it. */
export const LIBRARY_OPTION = {
  kind: "text",
  value: "DIR",
  default: DEFAULT_LIBRARY,
  help: "where the library lies: a folder, or a place like s3://bucket/library",
} as const;

export const indexCommand = defineCommand({
  name: "index",
  summary: "Takes the sounds below folders into a library that imitations are looked up in.",
  details:
    "Only new and changed files are heard; files that are gone leave the library. It can be stopped " +
    "at any time and goes on where it stopped. Long recordings are heard in pieces, cut at their " +
    "events.",
  positionals: { usage: "FOLDER…", least: 1, most: Infinity, expected: "one or more folders" },
  options: {
    library: LIBRARY_OPTION,
    shard: {
      kind: "shard",
      value: "I/N",
      help: "hear the I-th of N shares, so that N machines do it together",
    },
    json: {
      kind: "flag",
      help: "print one object with the numbers and all broken files, and nothing else",
    },
  },
  async run({ library, shard, json }, folders) {
    const report = await indexSounds(folders, library, {
      shard,
      say: (sentence) => console.error(sentence),
    });
    if (json) {
      console.log(JSON.stringify({ library, ...report }));
      return 0;
    }
    const { files, sounds, heard, unchanged, moved, gone, broken, unread, leftOut, seconds } =
      report;
    const faults = [...leftOut, ...unread, ...broken];
    for (const { reason } of faults.slice(0, NAMED)) console.error(`! ${plain(reason)}`);
    if (faults.length > NAMED) {
      console.error(`! … and ${faults.length - NAMED} more (--json names all)`);
    }
    console.log(
      `${files} files: ${heard} heard, ${moved} moved or copied, ${unchanged} unchanged, ` +
        `${gone} gone, ${broken.length} broken` +
        `${
          unread.length > 0 ? `, ${unread.length} not read` : ""
        }; ${sounds} sounds in ${library} ` +
        `(${seconds.toFixed(1)} s)`,
    );
    return 0;
  },
});

import { counted } from "../lib/io/counted.ts";
import { plain } from "../lib/io/plain.ts";
import { forgetSounds } from "../lib/library/forgetting.ts";
import { type IndexReport, indexSounds } from "../lib/library/indexing.ts";
import { DEFAULT_LIBRARY } from "../lib/library/place.ts";
import { defineCommand, UsageError } from "./command.ts";
import { inPackage } from "./folders.ts";

/** Broken files that are named one by one; --json names all. */
const NAMED = 20;

/** Where a library lies, as an option of all commands of it. */
export const LIBRARY_OPTION = {
  kind: "text",
  value: "DIR",
  default: inPackage(DEFAULT_LIBRARY),
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
    forget: {
      kind: "flag",
      help: "take the sounds below the folders out of the library, be they still there or not",
    },
    json: {
      kind: "flag",
      help: "print one object with the numbers and all broken files, and nothing else",
    },
  },
  async run({ library, shard, forget, json }, folders) {
    if (forget) {
      if (shard !== undefined) throw new UsageError("Expected --forget or --shard but found both");
      const { files, sounds } = await forgetSounds(folders, library);
      console.log(
        json
          ? JSON.stringify({ library, forgotten: files, sounds })
          : `${counted(files, "file")} taken out; ${counted(sounds, "sound")} in ${library}`,
      );
      return 0;
    }
    const report = await indexSounds(folders, library, {
      shard,
      say: (sentence) => console.error(sentence),
    });
    if (json) {
      console.log(JSON.stringify({ library, ...report }));
      return 0;
    }
    printFaults(report);
    const { files, sounds, heard, moved, gone, broken, unread, seconds } = report;
    console.log(
      `${counted(files, "file")}: ${heard} heard, ${moved} moved or copied, ` +
        `${files - heard - moved} unchanged, ${gone} gone, ${broken.length} broken` +
        `${unread.length > 0 ? `, ${unread.length} not read` : ""}; ` +
        `${counted(sounds, "sound")} in ${library} (${seconds.toFixed(1)} s)`,
    );
    return 0;
  },
});

/** Says what was left out, and why. */
function printFaults({ leftOut, unread, broken, otherKinds }: IndexReport): void {
  const faults = [...leftOut, ...unread, ...broken];
  for (const { reason } of faults.slice(0, NAMED)) console.error(`! ${plain(reason)}`);
  if (faults.length > NAMED) {
    console.error(`! … and ${faults.length - NAMED} more (--json names all)`);
  }
  const kinds = Object.entries(otherKinds).sort(([, a], [, b]) => b - a);
  if (kinds.length === 0) return;
  const [[kind]] = kinds, count = kinds.reduce((sum, [, count]) => sum + count, 0);
  console.error(
    `! Passed over ${counted(count, "recording")} of kinds that are not read: ` +
      `${kinds.map(([kind, count]) => `${count} ${kind}`).join(", ")}; ` +
      `to have them found, convert them: ffmpeg -i NAME${kind} NAME.wav`,
  );
}

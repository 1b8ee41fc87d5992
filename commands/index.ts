import { indexSounds } from "../lib/library/indexing.ts";
import { DEFAULT_LIBRARY } from "../lib/library/store.ts";
import type { Shard } from "../lib/library/files.ts";
import { type Command, parseArguments, UsageError } from "./command.ts";

/** Broken files that are named one by one; --json names all. */
const NAMED = 20;

export const indexCommand: Command = {
  name: "index",
  usage: "index FOLDER… [--library DIR] [--shard I/N] [--json]",
  help:
    `Takes the sounds below folders into a library that imitations are looked up in. Only new and
changed files are heard; files that are gone leave the library; it can be stopped at any time and
goes on where it stopped. Long recordings are heard in pieces, cut at their events.

  --library DIR   where the library lies, ${DEFAULT_LIBRARY} unless given; s3://, gs:// and az:// do as well
  --shard I/N     hears the I-th of N shares, so that N machines do it together
  --json          print one object with the numbers and all broken files, and nothing else`,
  async run(args) {
    const { values, positionals } = parseArguments(args, {
      library: { type: "string", default: DEFAULT_LIBRARY },
      shard: { type: "string" },
      json: { type: "boolean" },
    });
    if (positionals.length === 0) throw new UsageError("Expected one or more folders");
    const report = await indexSounds(positionals, values.library, {
      shard: values.shard === undefined ? undefined : parseShard(values.shard),
      say: (sentence) => console.error(sentence),
    });
    if (values.json) {
      console.log(JSON.stringify({ library: values.library, ...report }));
      return 0;
    }
    for (const { reason } of report.broken.slice(0, NAMED)) console.error(`! ${reason}`);
    if (report.broken.length > NAMED) {
      console.error(`! … and ${report.broken.length - NAMED} more (--json names all)`);
    }
    const { files, sounds, heard, unchanged, moved, gone, broken, seconds } = report;
    console.log(
      `${files} files: ${heard} heard, ${moved} moved or copied, ${unchanged} unchanged, ` +
        `${gone} gone, ${broken.length} broken; ${sounds} sounds in ${values.library} ` +
        `(${seconds.toFixed(1)} s)`,
    );
    return 0;
  },
};

function parseShard(text: string): Shard {
  const [, index, count] = text.match(/^(\d+)\/(\d+)$/)?.map(Number) ?? [];
  if (!(index >= 1 && index <= count)) {
    throw new UsageError(`Expected --shard I/N with I from 1 to N but found ${text}`);
  }
  return { index, count };
}

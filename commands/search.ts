import { SoundLibrary } from "../lib/library/search.ts";
import { DEFAULT_LIBRARY } from "../lib/library/store.ts";
import { formatTable } from "../lib/ui/table.ts";
import { type Command, parseArguments, parseSeconds, UsageError } from "./command.ts";

export const searchCommand: Command = {
  name: "search",
  usage: "search QUERY.wav [--library DIR] [--text WORDS] [--max-seconds S] [--folder DIR]" +
    " [--top N] [--json]",
  help: `Finds the sounds of a library that a recorded imitation is most like, best first.

  --library DIR     where the library lies, ${DEFAULT_LIBRARY} unless given; deno task index makes it
  --text WORDS      only sounds whose name and folders have all of these words, or beginnings of words
  --max-seconds S   only sounds that are no longer
  --min-seconds S   only sounds that are no shorter
  --folder DIR      only sounds below a folder: its path or its name
  --channels N      only sounds with so many channels
  --top N           how many; 20 unless given
  --json            print {"query": …, "results": [{"path", "score", "start", "end", "duration"}, …]}`,
  async run(args) {
    const { values, positionals } = parseArguments(args, {
      library: { type: "string", default: DEFAULT_LIBRARY },
      text: { type: "string" },
      "max-seconds": { type: "string" },
      "min-seconds": { type: "string" },
      folder: { type: "string" },
      channels: { type: "string" },
      top: { type: "string", default: "20" },
      json: { type: "boolean" },
    });
    const [query, ...others] = positionals;
    if (query === undefined || others.length > 0) {
      throw new UsageError(`Expected one recording but found ${positionals.length}`);
    }
    const library = await SoundLibrary.open(values.library);
    const results = await library.search(query, {
      top: parseCount("--top", values.top),
      text: values.text,
      folder: values.folder,
      maxSeconds: parseSeconds("--max-seconds", values["max-seconds"]),
      minSeconds: parseSeconds("--min-seconds", values["min-seconds"]),
      channels: values.channels === undefined
        ? undefined
        : parseCount("--channels", values.channels),
    });
    if (values.json) {
      const shown = results.map(({ path, score, start, end, duration }) => ({
        path,
        score,
        start,
        end,
        duration,
      }));
      console.log(JSON.stringify({ query, results: shown }));
    } else if (results.length === 0) {
      console.log("No sound of the library satisfies these words and filters.");
    } else {
      console.log(formatTable({
        header: ["Score", "From", "To", "Sound"],
        rows: results.map(({ path, score, start, end }) => [
          score.toFixed(2),
          `${start.toFixed(1)} s`,
          `${end.toFixed(1)} s`,
          path,
        ]),
      }));
    }
    return 0;
  },
};

function parseCount(name: string, text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) {
    throw new UsageError(`Expected ${name} to be a whole number above 0 but found ${text}`);
  }
  return count;
}

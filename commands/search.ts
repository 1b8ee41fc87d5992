import { plain } from "../lib/io/plain.ts";
import { SoundLibrary } from "../lib/library/search.ts";
import { formatTable } from "../lib/ui/table.ts";
import { defineCommand } from "./command.ts";
import { LIBRARY_OPTION } from "./index.ts";

export const searchCommand = defineCommand({
  name: "search",
  summary: "Finds the sounds of a library that a recorded imitation is most like, best first.",
  details: "With --json it prints one object and nothing else:\n" +
    '{"query": …, "results": [{"path", "score", "start", "end", "duration"}, …]}; times are seconds.',
  positionals: { usage: "QUERY.wav", least: 1, most: 1, expected: "one recording" },
  options: {
    library: LIBRARY_OPTION,
    text: {
      kind: "text",
      value: "WORDS",
      help: "only sounds whose name and folders have all of these words, or beginnings of words",
    },
    "max-seconds": { kind: "seconds", value: "S", help: "only sounds that are no longer" },
    "min-seconds": { kind: "seconds", value: "S", help: "only sounds that are no shorter" },
    folder: {
      kind: "text",
      value: "DIR",
      help: "only sounds below a folder: its path or its name",
    },
    channels: { kind: "count", value: "N", help: "only sounds with so many channels" },
    top: { kind: "count", value: "N", default: 20, help: "how many" },
    json: { kind: "flag", help: "print an object instead of a table" },
  },
  async run(values, [query]) {
    const library = await SoundLibrary.open(values.library);
    const results = await library.search(query, {
      ...values,
      maxSeconds: values["max-seconds"],
      minSeconds: values["min-seconds"],
    });
    if (library.outdated > 0) {
      console.error(library.advice);
    }
    library.close();
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
          // What rounds to nothing is no less than nothing.
          score.toFixed(2).replace("-0.00", "0.00"),
          `${start.toFixed(1)} s`,
          `${end.toFixed(1)} s`,
          plain(path),
        ]),
      }));
    }
    return 0;
  },
});

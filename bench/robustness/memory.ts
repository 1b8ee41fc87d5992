/** Long files, and scores without an end. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readSimilarities, SimilaritiesError } from "../../lib/challenge/similarities.ts";
import { TwoDft } from "../../lib/models/two_dft.ts";
import { chunk, fmt, riff } from "../../tests/audio/odd_files.ts";
import { FIXTURES, withFolder } from "../../tests/support.ts";
import { Outcomes, type Row } from "./row.ts";

const LONG_FILES = fileURLToPath(new URL("./long_files.ts", import.meta.url));
const TWO_HOURS = 7200;

export async function* memoryChecks(): AsyncGenerator<Row> {
  yield ["files of 1 to 10 minutes in one process", "100", await printed(LONG_FILES, "100")];
  yield await withFolder(async (folder): Promise<Row> => {
    // A tone, then two hours of nothing, which take no room on the disk.
    const path = join(folder, "long.wav");
    const second = Array.from({ length: 44100 }, (_, i) => Math.round(9000 * Math.sin(i / 20)));
    const tone = second.flatMap((x) => [x & 255, x >> 8 & 255]);
    const size = 2 * 8000 * TWO_HOURS;
    Deno.writeFileSync(path, riff([fmt(1, 16), chunk("data", tone, size)], "RIFF", 36 + size));
    Deno.truncateSync(path, 44 + size);
    return ["2DFT of a WAV file of two hours", "1", await seconds(path)];
  });
  yield await withFolder(async (folder): Promise<Row> => {
    const path = join(folder, "long.mp3");
    const part = Deno.readFileSync(join(FIXTURES, "sounds", "a.mp3"));
    // A quarter of a second, again and again.
    using file = Deno.openSync(path, { write: true, create: true });
    for (let k = 0; k < 4 * TWO_HOURS; k++) file.writeSync(part);
    return ["2DFT of an MP3 file of two hours", "1", await seconds(path)];
  });
  yield await withFolder(async (folder): Promise<Row> => {
    const path = join(folder, "scores.json");
    const file = Deno.openSync(path, { write: true, create: true });
    file.writeSync(new TextEncoder().encode('{"q.wav": {"a.wav": 0'));
    const zeros = new TextEncoder().encode("0".repeat(2 ** 20));
    for (let k = 0; k < 500; k++) file.writeSync(zeros);
    file.close();
    const outcomes = new Outcomes(SimilaritiesError);
    await outcomes.of(() => Array.fromAsync(readSimilarities(path)));
    return ["a score of 500 MB", "1", `${outcomes}`];
  });
}

async function seconds(path: string): Promise<string> {
  const start = performance.now();
  await new TwoDft().embedItem(path);
  return `${((performance.now() - start) / 1000).toFixed(2)} s`;
}

/** The last line that a program of its own process prints. */
async function printed(program: string, ...args: string[]): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", program, ...args],
  })
    .output();
  return new TextDecoder().decode(stdout).trim().split("\n").at(-1) ?? "";
}

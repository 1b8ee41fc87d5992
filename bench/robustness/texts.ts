/** Tables, scores and checkpoints: as they come, and broken. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DatasetError } from "../../lib/challenge/dataset.ts";
import { parseGroundTruth, readGroundTruth } from "../../lib/challenge/ground_truth.ts";
import { readSimilarities, SimilaritiesError } from "../../lib/challenge/similarities.ts";
import { seededRandom } from "../../lib/challenge/statistics.ts";
import { openCheckpoint } from "../../lib/pytorch/checkpoint.ts";
import { CheckpointError } from "../../lib/pytorch/errors.ts";
import { FIXTURES, withFolder } from "../../tests/support.ts";
import { Outcomes, type Row } from "./row.ts";

const MINI = fileURLToPath(new URL("../../data/qvim-mini/DEV Dataset.csv", import.meta.url));

export async function* textChecks(): AsyncGenerator<Row> {
  const random = seededRandom(6);
  const csv = Deno.readTextFileSync(MINI), expected = JSON.stringify(parseGroundTruth(csv, "x"));
  let different = 0;
  const tables = 2000;
  for (let k = 0; k < tables; k++) {
    const ends = [["\r\n"], ["\r"], ["\n", "\r\n"], ["\n", "\r\n", "\r"]][k % 4];
    const text = csv.replaceAll("\n", () => ends[Math.floor(random() * ends.length)]);
    const marked = k % 3 === 0 ? `\ufeff${text}` : text;
    if (JSON.stringify(parseGroundTruth(marked, "x")) !== expected) different++;
  }
  yield ["CSV with mixed line ends, some with a mark", `${tables}`, `${different} read otherwise`];
  yield await withFolder(async (folder): Promise<Row> => {
    const outcomes = new Outcomes(DatasetError);
    const path = join(folder, "DEV Dataset.csv");
    Deno.writeFileSync(
      path,
      Uint8Array.from(`${csv}\u00e9`, (character) => character.charCodeAt(0)),
    );
    await outcomes.of(() => readGroundTruth(folder));
    return ["CSV in Latin-1", "1", `${outcomes}`];
  });
  const scores = new TextEncoder().encode(JSON.stringify(
    { "q é.wav": { 'a "b".wav': 0.5, "c.wav": -1e-3 }, "r.wav": { "c.wav": 2, "d}.wav": 1 } },
  ));
  yield [
    "changed scores",
    "10,000",
    await changed(scores, 10_000, SimilaritiesError, async (path) => {
      await Array.fromAsync(readSimilarities(path));
    }),
  ];
  const small = Deno.readFileSync(join(FIXTURES, "small_checkpoint.pt"));
  yield [
    "changed checkpoints",
    "3,000",
    await changed(small, 3000, CheckpointError, async (path) => {
      using checkpoint = await openCheckpoint(path);
      for (const tensor of checkpoint.tensors.values()) await tensor.read();
    }),
  ];
}

/** Reads a file of which a few bytes are changed, again and again. */
async function changed(
  original: Uint8Array,
  count: number,
  refusal: abstract new (...args: never[]) => Error,
  read: (path: string) => Promise<void>,
): Promise<string> {
  const outcomes = new Outcomes(refusal), random = seededRandom(8);
  await withFolder(async (folder) => {
    const path = join(folder, "x.pt");
    for (let round = 0; round < count; round++) {
      const bytes = original.slice();
      for (let i = 0; i < 1 + 3 * random(); i++) {
        bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
      }
      const isCut = random() < 0.1;
      Deno.writeFileSync(
        path,
        isCut ? bytes.subarray(0, Math.floor(random() * bytes.length)) : bytes,
      );
      await outcomes.of(() => read(path));
    }
  });
  return `${outcomes}`;
}

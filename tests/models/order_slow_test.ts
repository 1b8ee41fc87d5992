import assert from "node:assert/strict";
import { withFolder } from "../support.ts";
import { hearApart, hearInOneProcess, writeSequence } from "./sequences.ts";

/** Each is heard in five ways: three hundred results; `bench/order.ts` hears thousands of files. */
const FILES = 60;
/**
 * Those that have as many before them from whichever end one begins; of all others one of the two
 * processes has heard few files when their turn comes, and the other many.
 */
const MIDDLE = [26, 34];

Deno.test("what is heard of a file is the same, bit for bit, whatever was heard before", () =>
  withFolder(async (folder) => {
    const paths = writeSequence(folder, FILES, 20);
    const [forwards, backwards] = await Promise.all(
      [paths, paths.toReversed()].map((order) => hearInOneProcess(order)),
    );
    const { outcomes } = forwards;
    assert.deepEqual(outcomes, backwards.outcomes.toReversed());
    assert.deepEqual(outcomes.slice(...MIDDLE), await hearApart(paths.slice(...MIDDLE)));
    // Some were heard and some refused, else this shows nothing.
    const isHeard = ({ vocalSearch }: Record<string, string>) => /^[0-9a-f]{16}$/.test(vocalSearch);
    const heard = outcomes.filter(isHeard).length;
    assert.ok(heard > FILES / 2 && heard < FILES, `${heard}`);
    const apart = outcomes.slice(...MIDDLE).filter(isHeard).length;
    assert.ok(apart >= 4, `${apart}`);
  }));

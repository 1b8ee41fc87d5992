/**
 * Whether results depend on what a process did before: files of random lengths, rates and channels,
 * broken ones between, heard by every front end and model in one process, in a random order, and each
 * in a process of its own; compared bit for bit.
 *
 *     deno run -A bench/order.ts [FILES] [SEED]
 */
import { compareOrders, writeSequence } from "../tests/models/sequences.ts";
import { withFolder } from "../tests/support.ts";

const files = Number(Deno.args[0] ?? 1000), seed = Number(Deno.args[1] ?? 1);
/** Files that lie on the disk at a time. */
const AT_A_TIME = 250;

let different = 0, refused = 0, peak = 0;
for (let done = 0; done < files; done += AT_A_TIME) {
  await withFolder(async (folder) => {
    const count = Math.min(AT_A_TIME, files - done);
    const paths = writeSequence(folder, count, seed + done);
    const { differences, apart, peakMemory } = await compareOrders(paths);
    peak = Math.max(peak, peakMemory);
    refused += apart.filter(({ samples }) => /Error/.test(samples)).length;
    different += differences.length;
    for (const { file, name, alone, after } of differences) {
      console.log(`${name} of file ${done + file}: ${alone}, after others ${after}`);
    }
  });
  console.log(`${Math.min(files, done + AT_A_TIME)} of ${files}`);
}
console.log(
  `${files} files, ${refused} of them refused: ${different} results differ; ` +
    `the most memory of one process: ${Math.round(peak / 2 ** 20)} MiB`,
);
Deno.exit(different > 0 ? 1 : 0);

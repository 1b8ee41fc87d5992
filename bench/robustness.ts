/**
 * The robustness table: what was tried, how often, and what came of it.
 *
 *     deno run -A bench/robustness.ts [FILES]
 *
 * `FILES` is how many files are heard in random order, 200 unless given. What compares with the
 * original needs `../shared`, what others write needs ffmpeg; both are left out where these are absent.
 */
import { formatTable } from "../lib/ui/table.ts";
import { memoryChecks } from "./robustness/memory.ts";
import { orderChecks } from "./robustness/order.ts";
import { runnerChecks } from "./robustness/runner.ts";
import { soundChecks } from "./robustness/sounds.ts";
import { textChecks } from "./robustness/texts.ts";

const rows: string[][] = [];
const groups = [
  () => orderChecks(Number(Deno.args[0] ?? 200)),
  soundChecks,
  memoryChecks,
  textChecks,
  runnerChecks,
];
for (const checks of groups) {
  for await (const row of checks()) {
    rows.push(row);
    console.error(`${row[0]}: ${row[2]}`);
  }
}
console.log(formatTable({ header: ["What", "How many", "Result"], rows }));
console.log(`Deno ${Deno.version.deno}, ${navigator.hardwareConcurrency} cores`);

/**
 * Runs a three-cell notebook many times in a row while all cores are busy:
 * `deno run -A bench/soak.ts [RUNS]`, by default 200. Ends with status 1 at the first run that fails.
 */
import { runNotebook } from "../lib/notebook/runner.ts";
import { codeNotebook } from "../tests/notebook/support.ts";

const runs = Number(Deno.args[0] ?? 200);
const busy = Array.from(
  { length: navigator.hardwareConcurrency },
  () => new Deno.Command(Deno.execPath(), { args: ["eval", "while (true) {}"] }).spawn(),
);
const start = performance.now();
try {
  for (let run = 1; run <= runs; run++) {
    const notebook = codeNotebook("const a: number = 1;", "console.log(`printed ${a}`);", "a + 1");
    await runNotebook(notebook, { cwd: ".", cellTimeout: 60 });
    const found = JSON.stringify(notebook.cells.map(({ outputs }) => outputs));
    const expected = [
      [],
      [{ output_type: "stream", name: "stdout", text: "printed 1\n" }],
      [{
        output_type: "execute_result",
        data: { "text/plain": "2" },
        metadata: {},
        execution_count: 3,
      }],
    ];
    if (found !== JSON.stringify(expected)) throw new Error(`Run ${run} gave ${found}`);
    if (run % 20 === 0) console.log(`${run} of ${runs}`);
  }
} finally {
  for (const process of busy) process.kill();
}
console.log(`${runs} runs in ${((performance.now() - start) / 1000).toFixed(0)} s`);

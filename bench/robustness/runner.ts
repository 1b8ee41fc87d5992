/** Notebooks that end in odd ways, and runners that are killed. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runNotebook } from "../../lib/notebook/runner.ts";
import { codeNotebook } from "../../tests/notebook/support.ts";
import { withFolder } from "../../tests/support.ts";
import type { Row } from "./row.ts";

const RUNNER = new URL("../../lib/notebook/runner.ts", import.meta.url).href;
const CONFIG = fileURLToPath(new URL("../../deno.json", import.meta.url));

/** What cells do, and what of the executed notebook or of the error shows that it was told. */
const ENDINGS: [cells: string[], shown: RegExp][] = [
  [
    ['setTimeout(() => { throw new Error("late") }, 20)', wait(100), "3"],
    /cell 1: Error: late.*"3"/s,
  ],
  [['Promise.reject(new Error("late")); 0', "2"], /no cell caught: Error: late.*"2"/s],
  [['queueMicrotask(() => { throw new Error("micro") }); 0', "2"], /Error: micro.*"2"/s],
  [["const = 1"], /no TypeScript, at line 1, column 7/],
  [
    ["for (let i = 0; i < 9000; i++) console.log(i); Deno.exit(3)"],
    /8998\\n8999\\n.*exit status 3/s,
  ],
  [['console.log("last"); Deno.kill(Deno.pid, "SIGKILL"); ' + wait(999)], /ended by SIGKILL/],
  [["setTimeout(() => Deno.exit(4), 50)", wait(999)], /exit status 4/],
];

function wait(ms: number): string {
  return `await new Promise((resolve) => setTimeout(resolve, ${ms}))`;
}

export async function* runnerChecks(): AsyncGenerator<Row> {
  let told = 0, slowest = 0;
  const others: string[] = [];
  for (const [cells, shown] of ENDINGS) {
    const notebook = codeNotebook(...cells), start = performance.now();
    const failure = await withFolder((cwd) =>
      runNotebook(notebook, { cwd }).then(() => "", (error) => String(error))
    );
    slowest = Math.max(slowest, performance.now() - start);
    const all = `${JSON.stringify(notebook.cells.map(({ outputs }) => outputs))} ${failure}`;
    if (shown.test(all)) told++;
    else others.push(cells[0]);
  }
  yield [
    "cells that throw late, exit or crash",
    `${ENDINGS.length}`,
    [`${told} told as they are, ${(slowest / 1000).toFixed(1)} s at most`, ...others].join("; "),
  ];
  const kills = 5;
  let longest = 0;
  for (let k = 0; k < kills; k++) longest = Math.max(longest, await withFolder(killRunner));
  yield [
    "a runner that is killed, its kernel busy, with children",
    `${kills}`,
    `all gone after ${longest.toFixed(0)} ms at most`,
  ];
}

/** Kills a runner. @returns Milliseconds until its kernel and what that started are gone. */
async function killRunner(folder: string): Promise<number> {
  const mark = crypto.randomUUID();
  const sleep = `new Deno.Command("sh", { args: ["-c", "sleep 99; : ${mark}"] }).spawn();`;
  const notebook = JSON.stringify(codeNotebook(`${sleep} while (true);`));
  const program = join(folder, "run.ts");
  const run = `await runNotebook(${notebook}, { cwd: ${JSON.stringify(folder)} });`;
  Deno.writeTextFileSync(program, `import { runNotebook } from "${RUNNER}";\n${run}`);
  const args = ["run", "-A", "--config", CONFIG, program];
  const child = new Deno.Command(Deno.execPath(), {
    args,
    stderr: "null",
    // What it starts inherits it.
    env: { ROBUSTNESS: mark },
  }).spawn();
  const isThere = async (text: string) => {
    const { stdout } = await new Deno.Command("ps", { args: ["axeww"] }).output();
    return new TextDecoder().decode(stdout).includes(text);
  };
  while (!await isThere(`: ${mark}`)) await new Promise((resolve) => setTimeout(resolve, 100));
  child.kill("SIGKILL");
  const start = performance.now();
  while (await isThere(`ROBUSTNESS=${mark}`)) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return performance.now() - start;
}

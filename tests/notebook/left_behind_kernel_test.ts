/** What a notebook leaves behind on the machine: nothing. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { PROJECT, until, withFolder } from "../support.ts";
import { codeNotebook, FOREVER, run } from "./support.ts";

const isLinux = Deno.build.os === "linux";

/** Processes whose command line holds a text. */
async function processesWith(text: string): Promise<string[]> {
  const { stdout } = await new Deno.Command("ps", { args: ["-eo", "args"] }).output();
  return new TextDecoder().decode(stdout).split("\n").filter((line) => line.includes(text));
}

/** All of them have been told to end: a busy machine may put that off, for no more than moments. */
const untilNone = (text: string) => until(async () => (await processesWith(text)).length === 0);

/** How a run ends: by itself, by the end of its kernel, and by whoever breaks off what never ends. */
const ENDS = [["", "none"], ["Deno.exit(1)", "DeadKernelError"], [FOREVER, "InterruptedError"]];

/** Runs a notebook whose last cell ends so. @returns The name of its error. */
async function runTo(end: string, ...cells: string[]): Promise<string> {
  const interruption = new AbortController();
  const last = `console.log("the last cell runs"); ${end}`;
  return await run(codeNotebook(...cells, last), {
    signal: interruption.signal,
    onOutput: () => end === FOREVER && interruption.abort(),
  }).then(() => "none", (error) => error.name);
}

Deno.test("runNotebook() leaves no process behind, also none that a cell started", () =>
  withFolder(async (folder) => {
    const mark = `97531.${Deno.pid}`;
    for (const [end, name] of ENDS) {
      // The cell says itself, in a file, that the process was there.
      const started = join(folder, name);
      // Who leaves the kernel's group is found while the kernel is there, not once it has ended itself.
      const detached = name !== "DeadKernelError";
      const start = `const options = { args: ["${mark}"], detached: ${detached} };
        const child = new Deno.Command("sleep", options).spawn();
        Deno.writeTextFileSync(${JSON.stringify(started)}, String(child.pid));`;
      assert.equal(await runTo(end, start), name);
      assert.match(Deno.readTextFileSync(started), /^\d+$/);
      await untilNone(mark);
    }
  }));

/**
 * Code that starts a daemon: its parent, in a session of its own, has ended by the time that it runs,
 * and it has nothing in its environment.
 *
 * @param started The file that it makes.
 */
const daemon = (mark: string, started: string) =>
  `await new Deno.Command("env", {
    args: ["-i", "setsid", "-f", "sh", "-c", ": > '${started}'; sleep 300; : ${mark}"],
    stdout: "null",
  }).spawn().status;`;

Deno.test({
  name: `a daemon that a cell started ends with the notebook${isLinux ? "" : " (needs Linux)"}`,
  ignore: !isLinux,
  fn: () =>
    withFolder(async (folder) => {
      const mark = crypto.randomUUID();
      await Promise.all(ENDS.map(async ([end, name]) => {
        const started = join(folder, name);
        const wait = `while (!await Deno.stat(${JSON.stringify(started)}).catch(() => false)) {
          await new Promise((go) => setTimeout(go, 20));
        }`;
        assert.equal(await runTo(end, daemon(mark, started), wait), name);
      }));
      await untilNone(mark);
    }),
});

Deno.test({
  name: `a kernel that ended its guard ends with the notebook${isLinux ? "" : " (needs Linux)"}`,
  ignore: !isLinux,
  fn: async () => {
    const mark = crypto.randomUUID();
    const start = `new Deno.Command("sh", { args: ["-c", "sleep 300; : ${mark}"] }).spawn();`;
    const end = `Deno.kill((await import("node:process")).ppid, "SIGKILL"); ${FOREVER}`;
    await assert.rejects(run(codeNotebook(start, end)), {
      name: "DeadKernelError",
      message: /ended by SIGKILL/,
    });
    await untilNone(mark);
  },
});

Deno.test({
  name: `those that a daemon left do not stay as dead processes${isLinux ? "" : " (needs Linux)"}`,
  ignore: !isLinux,
  fn: async () => {
    // They come to the guard, whose only child is the kernel itself once all have ended and been asked how.
    const [[output]] = await run(codeNotebook(
      `for (let i = 0; i < 20; i++) await new Deno.Command("setsid", { args: ["-f", "true"] }).output();
const { ppid } = await import("node:process");
const left = () => [...Deno.readDirSync("/proc")].filter(({ name }) => {
  if (!/^\\d+$/.test(name) || Number(name) === Deno.pid) return false;
  try { return Number(Deno.readTextFileSync(\`/proc/\${name}/stat\`).replace(/.*\\) /s, "").split(" ")[1]) === ppid; }
  catch { return false; }
}).length;
for (let i = 0; i < 2000 && left() > 0; i++) await new Promise((go) => setTimeout(go, 20));
console.log(left());`,
    )) as { text: string }[][];
    assert.equal(output.text, "0\n");
  },
});

Deno.test("the kernel, what it started and its folder are gone when the runner is killed", () =>
  withFolder(async (folder) => {
    const mark = crypto.randomUUID(), temporary = join(folder, "tmp");
    Deno.mkdirSync(temporary);
    const program = join(folder, "run.ts");
    const runner = new URL("../../lib/notebook/runner.ts", import.meta.url).href;
    const command = (detached: boolean) =>
      `new Deno.Command("sh", { args: ["-c", "sleep 300; : ${mark}"], detached: ${detached} })`;
    const cell = `${isLinux ? daemon(mark, join(folder, "started")) : ""} ${
      command(false)
    }.spawn(); ${command(true)}.spawn(); ${FOREVER}`;
    const notebook = codeNotebook(cell);
    Deno.writeTextFileSync(
      program,
      `import { runNotebook } from ${JSON.stringify(runner)};
       await runNotebook(${JSON.stringify(notebook)}, { cwd: ${JSON.stringify(folder)} });`,
    );
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--config", join(PROJECT, "deno.json"), program],
      env: { TMPDIR: temporary, TMP: temporary, TEMP: temporary },
    }).spawn();
    // The cell has started its processes.
    await until(async () => (await processesWith(mark)).length >= (isLinux ? 3 : 2));
    child.kill("SIGKILL");
    await child.status;
    await untilNone(mark);
    // The folder goes last, with the key that the kernel was spoken to with.
    await until(() =>
      [...Deno.readDirSync(temporary)].every(({ name }) => !name.startsWith("qvim-kernel-"))
    );
  }));

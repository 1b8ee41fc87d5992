/** What a notebook leaves behind on the machine: nothing. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { PROJECT, withFolder } from "../support.ts";
import { codeNotebook, FOREVER, run } from "./support.ts";

const isLinux = Deno.build.os === "linux";

/** Processes whose command line holds a text. */
async function processesWith(text: string): Promise<string[]> {
  const { stdout } = await new Deno.Command("ps", { args: ["-eo", "args"] }).output();
  return new TextDecoder().decode(stdout).split("\n").filter((line) => line.includes(text));
}

Deno.test("runNotebook() leaves no process behind, also none that a cell started", () =>
  withFolder(async (folder) => {
    const mark = `97531.${Deno.pid}`;
    for (
      const [end, name] of [
        ["", "none"],
        ["Deno.exit(1)", "DeadKernelError"],
        [FOREVER, "CellTimeoutError"],
      ]
    ) {
      // The cell says itself, in a file, that the process was there.
      const started = join(folder, name);
      // Who leaves the kernel's group is found while the kernel is there, not once it has ended itself.
      const detached = name !== "DeadKernelError";
      const start = `const options = { args: ["${mark}"], detached: ${detached} };
        const child = new Deno.Command("sleep", options).spawn();
        Deno.writeTextFileSync(${JSON.stringify(started)}, String(child.pid));`;
      const outcome = await run(codeNotebook(`${start}\n${end}`), { cellTimeout: 5 })
        .then(() => "none", (error) => error.name);
      assert.equal(outcome, name);
      assert.match(Deno.readTextFileSync(started), /^\d+$/);
      assert.deepEqual(await processesWith(mark), [], name);
    }
  }));

/**
 * Code that starts a daemon: its parent, in a session of its own, has ended by the time that it runs,
 * and it has nothing in its environment.
 */
const daemon = (mark: string) =>
  `await new Deno.Command("env", {
    args: ["-i", "setsid", "-f", "sh", "-c", "sleep 300; : ${mark}"],
    stdout: "null",
  }).spawn().status;`;

Deno.test({
  name: `a daemon that a cell started ends with the notebook${isLinux ? "" : " (needs Linux)"}`,
  ignore: !isLinux,
  fn: async () => {
    const mark = crypto.randomUUID();
    const ends = ["", "Deno.exit(1)", FOREVER];
    const started = await Promise.all(ends.map(async (end) => {
      const cells = codeNotebook(
        daemon(mark),
        "await new Promise((go) => setTimeout(go, 300))",
        end,
      );
      const looking = run(cells, { cellTimeout: 3 }).catch(() => {});
      let found = 0;
      const timer = setInterval(async () => found += (await processesWith(mark)).length, 100);
      await looking;
      clearInterval(timer);
      return found;
    }));
    assert.ok(started.every((found) => found > 0), "they were there");
    assert.deepEqual(await processesWith(mark), []);
  },
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
    assert.deepEqual(await processesWith(mark), []);
  },
});

Deno.test({
  name: `those that a daemon left do not stay as dead processes${isLinux ? "" : " (needs Linux)"}`,
  ignore: !isLinux,
  fn: async () => {
    const [[output]] = await run(codeNotebook(
      `for (let i = 0; i < 20; i++) await new Deno.Command("setsid", { args: ["-f", "true"] }).output();
await new Promise((go) => setTimeout(go, 500));
const { ppid } = await import("node:process");
const states = [...Deno.readDirSync("/proc")].flatMap(({ name }) => {
  try { return [Deno.readTextFileSync(\`/proc/\${name}/stat\`).replace(/.*\\) /s, "").split(" ")]; }
  catch { return []; }
});
console.log(states.filter(([state, parent]) => state === "Z" && Number(parent) === ppid).length);`,
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
    const cell = `${isLinux ? daemon(mark) : ""} ${command(false)}.spawn(); ${
      command(true)
    }.spawn(); ${FOREVER}`;
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
    const waitFor = async (count: (found: number) => boolean, ms: number) => {
      const end = Date.now() + ms;
      while (Date.now() < end) {
        if (count((await processesWith(mark)).length)) return true;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      return false;
    };
    assert.ok(
      await waitFor((found) => found >= (isLinux ? 3 : 2), 20_000),
      "the cell has started its processes",
    );
    child.kill("SIGKILL");
    await child.status;
    // What is promised; it takes a tenth of a second, and two of them on a machine that is busy.
    assert.ok(await waitFor((found) => found === 0, 2_000), "all of them are gone");
    // The folder goes last, with the key that the kernel was spoken to with.
    while ([...Deno.readDirSync(temporary)].some(({ name }) => name.startsWith("qvim-kernel-"))) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }));

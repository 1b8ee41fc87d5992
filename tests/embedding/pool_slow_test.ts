import assert from "node:assert/strict";
import { join } from "node:path";
import { PROJECT, until, withFolder } from "../support.ts";

const module = (path: string) => JSON.stringify(new URL(`../../lib/${path}`, import.meta.url).href);

/**
 * Runs a program that embeds, and ends it in the middle. What its processes exchanged has to go, and
 * nothing may be said.
 */
async function endInTheMiddle(end: (pid: number) => void, signal: string): Promise<void> {
  await withFolder(async (folder) => {
    const temporary = join(folder, "tmp"), program = join(folder, "run.ts");
    Deno.mkdirSync(temporary);
    const data = JSON.stringify(join(PROJECT, "data", "qvim-mini"));
    Deno.writeTextFileSync(
      program,
      `import { TwoDft } from ${module("models/two_dft.ts")};
       import { listItems, toPaths } from ${module("challenge/dataset.ts")};
       const paths = Object.values(toPaths(listItems(${data})));
       // More than can be done before it is ended.
       const many = Array.from({ length: 20_000 }, (_, i) => [i + ".wav", paths[i % paths.length]]);
       await new TwoDft().computeSimilarities(Object.fromEntries(many), {});`,
    );
    const args = ["run", "-A", "--config", join(PROJECT, "deno.json"), program];
    // In a group of its own, as a shell starts it, and with a Ctrl-C that ends it: what a shell runs in
    // the background may have to pass it over, and so has all that is started from there.
    const [command, ...rest] = Deno.build.os === "linux"
      ? ["setsid", "env", "--default-signal=INT", Deno.execPath(), ...args]
      : [Deno.execPath(), ...args];
    const child = new Deno.Command(command, {
      args: rest,
      env: { TMPDIR: temporary, TMP: temporary, TEMP: temporary },
      stderr: "piped",
    }).spawn();
    const exchanged = () =>
      Array.from(Deno.readDirSync(temporary), ({ name }) => name)
        .filter((name) => name.startsWith("qvim-embeddings-"));
    // In the middle of it: each process has given something.
    const hasGiven = (name: string) => [...Deno.readDirSync(join(temporary, name))].length > 0;
    await until(() => exchanged().length > 0 && exchanged().every(hasGiven));
    end(child.pid);
    const status = await child.status;
    if (Deno.build.os !== "windows") assert.equal(status.signal, signal);
    await until(() => exchanged().length === 0);
    // Their errors go where its own do.
    assert.doesNotMatch(await new Response(child.stderr).text(), /error/i);
  });
}

Deno.test("the processes of a program that was killed end without a word, and what they exchanged is gone", () =>
  endInTheMiddle((pid) => Deno.kill(pid, "SIGKILL"), "SIGKILL"));

Deno.test({
  name: "what the processes of a program exchanged is gone where Ctrl-C ends all of them at once",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    endInTheMiddle((pid) => {
      new Deno.Command("kill", { args: ["-INT", "--", `-${pid}`] }).outputSync();
    }, "SIGINT"),
});

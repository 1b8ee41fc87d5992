import assert from "node:assert/strict";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { PROJECT, withFolder } from "../support.ts";

const module = (path: string) => JSON.stringify(new URL(`../../lib/${path}`, import.meta.url).href);

Deno.test("the processes of a program that was killed end without a word, and what they exchanged is gone", () =>
  withFolder(async (folder) => {
    const temporary = join(folder, "tmp"), program = join(folder, "run.ts");
    Deno.mkdirSync(temporary);
    const data = JSON.stringify(join(PROJECT, "data", "qvim-mini"));
    Deno.writeTextFileSync(
      program,
      `import { TwoDft } from ${module("models/two_dft.ts")};
       import { listItems, toPaths } from ${module("challenge/dataset.ts")};
       const items = toPaths(listItems(${data}));
       while (true) await new TwoDft().computeSimilarities(items, {});`,
    );
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--config", join(PROJECT, "deno.json"), program],
      env: { TMPDIR: temporary, TMP: temporary, TEMP: temporary },
      stderr: "piped",
    }).spawn();
    const exchanged = () =>
      Array.from(Deno.readDirSync(temporary), ({ name }) => name)
        .filter((name) => name.startsWith("qvim-embeddings-"));
    while (exchanged().length === 0) await delay(10);
    // In the middle of it.
    await delay(500);
    child.kill("SIGKILL");
    const { signal } = await child.status;
    if (Deno.build.os !== "windows") assert.equal(signal, "SIGKILL");
    while (exchanged().length > 0) await delay(10);
    // Their errors go where its own do.
    assert.doesNotMatch(await new Response(child.stderr).text(), /error/i);
  }));

/** The example of docs/participants.md: a model in a file beside the notebook embeds on all cores. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Kernel } from "../../lib/notebook/kernel.ts";
import { PROJECT, withFolder, writeFiles } from "../support.ts";

const PAGE = Deno.readTextFileSync(join(PROJECT, "docs", "participants.md"));
const EXAMPLE = PAGE.match(/^```ts\n(\/\/ models\.ts\n.*?)^```$/ms)![1];

const CORES = navigator.hardwareConcurrency;
/** Sounds: each process is given two at once, and without some dozens there are no processes. */
const COUNT = Math.max(40, 2 * CORES);
/**
 * The example, whose `embedItem` writes down which process runs it. The first time it waits for those that
 * are to come: one could be done with all sounds before the next has started.
 */
const logging = (version: string) =>
  EXAMPLE.replace(
    /embedItem\(path: string\): Float32Array \{\n/,
    (start) => `${start}    meet();\n`,
  ) +
  `
const log = new URL("processes.txt", import.meta.url);
const met = () => new Set(Deno.readTextFileSync(log).trim().split("\\n")).size;
let isFirst = true;
function meet() {
  Deno.writeTextFileSync(log, "${version} " + Deno.pid + "\\n", { append: true });
  for (let i = 0; isFirst && i < 6000 && met() < ${CORES}; i++) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
  }
  isFirst = false;
}
`;

/** Runs the example on many sounds, and tells which processes embedded them. */
async function embeddingProcesses(kernel: Kernel, folder: string, address: string) {
  const log = join(folder, "processes.txt");
  Deno.writeTextFileSync(log, "");
  let error: unknown;
  const cells = [
    `const { createModel: createModel } = await import(${JSON.stringify(address)});`,
    `const sound = ${JSON.stringify(join(PROJECT, "data/qvim-mini/Items/bark/bark_1.wav"))};
const many = Object.fromEntries(Array.from({ length: ${COUNT} }, (_, i) => [String(i), sound]));
await createModel().computeSimilarities(many, { q: sound });`,
  ];
  for (const cell of cells) {
    await kernel.execute(cell, ({ header, content }) => {
      if (header.msg_type === "error") error = content.evalue;
    });
  }
  assert.equal(error, undefined);
  return new Set(Deno.readTextFileSync(log).trim().split("\n"));
}

Deno.test("a models.ts beside the notebook embeds in a process for each core, an edited one too", async () => {
  // In the package, where the kernel finds what "qvim" is.
  const folder = join(PROJECT, "output", `models_${crypto.randomUUID()}`);
  writeFiles(folder, { "models.ts": logging("one") });
  const kernel = await Kernel.start({ cwd: folder });
  try {
    const processes = await embeddingProcesses(kernel, folder, "./models.ts");
    assert.equal(processes.size, CORES);
    writeFiles(folder, { "models.ts": logging("two") });
    const edited = await embeddingProcesses(kernel, folder, "./models.ts?2");
    assert.equal(edited.size, CORES);
    assert.ok([...edited].every((line) => line.startsWith("two ")), [...edited].join());
    // As it is fetched in step 2, to a root that lies anywhere.
    await withFolder(async (root) => {
      writeFiles(root, { "my-model/models.ts": logging("three") });
      const clone = join(root, "my-model");
      const { href } = pathToFileURL(join(clone, "models.ts"));
      const fetched = await embeddingProcesses(kernel, clone, href);
      assert.equal(fetched.size, CORES);
    });
  } finally {
    await kernel.kill();
    Deno.removeSync(folder, { recursive: true });
  }
});

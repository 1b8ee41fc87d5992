import assert from "node:assert/strict";
import { join } from "node:path";
import { listQueries } from "../../lib/challenge/dataset.ts";
import { indexSounds } from "../../lib/library/indexing.ts";
import { runNotebook } from "../../lib/notebook/runner.ts";
import { codeNotebook } from "../notebook/support.ts";
import { PROJECT, withFolder } from "../support.ts";

const DATA = join(PROJECT, "data", "qvim-mini");

Deno.test("listen() shows what a library of sounds has found by a recording", () =>
  withFolder(async (folder) => {
    const place = join(folder, "library");
    await indexSounds([join(DATA, "Items", "siren")], place);
    const { path } = listQueries(DATA).find(({ class: name }) => name === "siren")!;
    const notebook = codeNotebook(
      `import { listen, SoundLibrary } from "qvim";
const library = await SoundLibrary.open(${JSON.stringify(place)});
const recording = { path: ${JSON.stringify(path)} };
await listen(await library.search(recording.path), { recording });
library.close();`,
    );
    await runNotebook(notebook, { cwd: PROJECT, cellTimeout: 120 });
    const [shown] = notebook.cells[0].outputs!.flatMap((output) =>
      "data" in output ? [output.data] : []
    );
    assert.match(String(shown["text/plain"]), /^What was found: 1\. siren_\d\.wav, 2\. siren_/);
    const html = String(shown["text/html"]);
    assert.equal(html.match(/<audio /g)!.length, 5);
    assert.match(html, /aria-label="imitation: siren_\S+\.wav"/);
    assert.match(html, /<span>rank 1, score -?\d+\.\d+<\/span>/);
  }));

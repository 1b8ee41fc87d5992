/** What `listen()` shows of other things than a run's queries, and what `record()` says without a page. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { listItems, listQueries } from "../../lib/challenge/dataset.ts";
import { runNotebook } from "../../lib/notebook/runner.ts";
import { codeNotebook } from "../notebook/support.ts";
import { PROJECT } from "../support.ts";

const DATA = join(PROJECT, "data", "qvim-mini");
const [item] = listItems(DATA), [query] = listQueries(DATA);

Deno.test("listen() shows what a model finds by a recording, and what a search found", async () => {
  const found = [{ path: item.path, score: 2, start: 0.1, end: 0.3 }, {
    path: item.path,
    score: 1,
  }];
  const notebook = codeNotebook(
    `import { listen, listItems, record, toPaths, TwoDft } from "qvim";
const items = toPaths(listItems(${JSON.stringify(DATA)}));
await listen({ path: ${JSON.stringify(query.path)} }, { model: new TwoDft(), items, top: 2 });`,
    `await listen(${JSON.stringify(found)});`,
    `for (const act of [
  () => record(),
  () => listen([]),
  () => listen({ path: ${JSON.stringify(query.path)} }, { items }),
  () => listen({ path: ${JSON.stringify(query.path)} }, { model: new TwoDft() }),
]) await act().catch((error) => console.log(error.message));`,
  );
  await runNotebook(notebook, { cwd: PROJECT, cellTimeout: 60 });
  const [recording, search, messages] = notebook.cells.map(({ outputs }) =>
    (outputs ?? []).map((output) =>
      output.output_type === "stream"
        ? output.text
        : "data" in output
        ? `${output.data["text/plain"] ?? ""}\n${output.data["text/html"] ?? ""}`
        : ""
    ).join("\n")
  );
  assert.match(recording, /^Your recording: 1\. .+\.wav, 2\. .+\.wav$/m);
  assert.equal(recording.match(/<audio /g)!.length, 3);
  assert.match(search, /^What was found: 1\. .+\.wav, 2\. .+\.wav$/m);
  // The part alone is played: 0.2 s at 16 kHz are 3,200 bytes.
  const sounds = search.matchAll(/base64,([^"]+)"><\/audio>/g).map(([, text]) =>
    Uint8Array.fromBase64(text).length
  ).toArray();
  assert.ok(Math.abs(sounds[0] - 58 - 3200) <= 2, `${sounds}`);
  assert.ok(sounds[1] > 2 * sounds[0], `${sounds}`);
  const lines = messages.trim().split("\n");
  assert.match(lines[0], /^Expected a notebook in a browser to record in but found none/);
  assert.match(lines[1], /^Expected sounds that were found but there are none/);
  assert.match(lines[2], /^Expected a model to find sounds by a recording with but found none/);
  assert.match(lines[3], /^Expected items to find but found none/);
});

import assert from "node:assert/strict";
import { join } from "node:path";
import { downloadDataset } from "../../helpers.ts";
import { BlobWriter, TextReader, ZipWriter } from "@zip.js/zip.js";
import { cli } from "../support.ts";
import { withServer } from "./https_server.ts";
import { tree, withRoot } from "./support.ts";

async function zip(files: Record<string, string>): Promise<Uint8Array> {
  const writer = new ZipWriter(new BlobWriter(), { useWebWorkers: false });
  for (const [name, text] of Object.entries(files)) await writer.add(name, new TextReader(text));
  return new Uint8Array(await (await writer.close()).arrayBuffer());
}

const CSV = "t\nLabel,Class,Items,Query 1,Query 2,Query 3\nl,Dog,a.wav,q.wav,,r.wav\n";
const CHALLENGE = {
  "DEV Dataset.csv": CSV,
  "Items/Dog/a.wav": "a",
  "Queries/Dog/q.wav": "q",
  "Queries/Dog/r.wav": "r",
};
const VIMSKETCH = {
  "reference_file_names.csv": "001_dog.wav\n",
  "vocal_imitation_file_names.csv": "001_dog.wav\n002_dog.wav\n",
  "references/001_dog.wav": "a",
  "vocal_imitations/001_dog.wav": "b",
  "vocal_imitations/002_dog.wav": "c",
};
const below = (prefix: string, files: Record<string, string>) =>
  Object.fromEntries(Object.entries(files).map(([name, text]) => [prefix + name, text]));

Deno.test("downloadDataset() brings qvim-dev to where the notebook looks for it", () =>
  withRoot(async (root) => {
    const body = await zip(CHALLENGE);
    await withServer(() => ({ body }), async (server) => {
      await downloadDataset("qvim-dev", { fetch: server.fetch });
      assert.deepEqual(server.log, [
        "cloud.cp.jku.at /index.php/s/R2tJQnPmxp6RSSz/download/qvim-dev.zip",
      ]);
      assert.deepEqual(tree(join(root, "data")), below("qvim-dev/", CHALLENGE));
      // It is there now.
      await downloadDataset("qvim-dev", { fetch: server.fetch });
      assert.equal(server.log.length, 1);
    });
  }));

Deno.test("downloadDataset() finds VimSketch inside the folder of its archive", () =>
  withRoot(async (root) => {
    const body = await zip({
      ...below("Vim_Sketch_Dataset/", VIMSKETCH),
      "__MACOSX/Vim_Sketch_Dataset/vocal_imitation_file_names.csv": "shadow",
    });
    await withServer(() => ({ body }), async (server) => {
      await downloadDataset("vimsketch", { fetch: server.fetch });
      assert.deepEqual(server.log, [
        "zenodo.org /records/2596911/files/Vim_Sketch_Dataset.zip?download=1",
      ]);
      assert.deepEqual(tree(join(root, "data")), below("vimsketch/", VIMSKETCH));
    });
  }));

for (
  const [what, name, files, message] of [
    [
      "a query that the CSV names",
      "qvim-dev",
      { ...CHALLENGE, "Queries/Dog/r.wav": undefined },
      /found 1 items, 1 queries and 2 rows; missing: r\.wav/,
    ],
    [
      "its CSV",
      "qvim-dev",
      { ...CHALLENGE, "DEV Dataset.csv": undefined },
      /"DEV Dataset\.csv" in .*but found none/,
    ],
    [
      "an imitation that its list names",
      "vimsketch",
      { ...VIMSKETCH, "vocal_imitations/002_dog.wav": undefined },
      /the 2 files of vocal_imitation_file_names\.csv .* but 1 are missing: 002_dog\.wav/,
    ],
  ] as [string, "qvim-dev" | "vimsketch", Record<string, string | undefined>, RegExp][]
) {
  Deno.test(`downloadDataset() says so where ${name} lacks ${what}`, () =>
    withRoot(async (root) => {
      const there = Object.entries(files).filter(([, text]) => text !== undefined);
      const body = await zip(Object.fromEntries(there) as Record<string, string>);
      await withServer(() => ({ body }), async (server) => {
        await assert.rejects(downloadDataset(name, { fetch: server.fetch }), {
          name: "LayoutError",
          message,
        });
        // The archive is kept: to fetch it again would not make it better.
        assert.deepEqual([...Deno.readDirSync(join(root, "data"))].map(({ name }) => name), [
          `${name}.zip`,
        ]);
      });
    }));
}

Deno.test("downloadDataset() has a clear word where the network does not reach the set", () =>
  withRoot(async (root) => {
    await withServer(() => ({ status: 404 }), async (server) => {
      await assert.rejects(downloadDataset("qvim-dev", { fetch: server.fetch }), {
        name: "DownloadError",
        message:
          /Expected to fetch the data set qvim-dev but the network does not bring it here; where it does, put https:.*qvim-dev\.zip and call this again/,
      });
      assert.deepEqual(tree(join(root, "data")), {});
    });
  }));

Deno.test("downloadDataset() throws TypeError on a name that it does not know", async () => {
  await assert.rejects(downloadDataset("esc50" as "qvim-dev"), {
    name: "TypeError",
    message: /Expected a data set's name, qvim-dev or vimsketch, but found "esc50"/,
  });
});

Deno.test("data: an unknown name is an error with a status of its own", async () => {
  const { code, stderr } = await cli(["data", "esc50"]);
  assert.equal(code, 2);
  assert.match(stderr, /Expected qvim-dev or vimsketch but found esc50/);
});

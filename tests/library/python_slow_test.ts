import assert from "node:assert/strict";
import { join } from "node:path";
import { indexSounds } from "../../lib/library/indexing.ts";
import { findPython, PROJECT, withFolder } from "../support.ts";
import { exampleIn } from "./support.ts";

const python = findPython("lancedb, pandas");

Deno.test({
  name: `Python reads a library as docs/library.md shows${
    python === undefined ? " (needs lancedb, pandas)" : ""
  }`,
  ignore: python === undefined,
  fn: () =>
    withFolder(async (folder) => {
      const barks = join(PROJECT, "data", "qvim-mini", "Items", "bark");
      await indexSounds([barks], join(folder, "output", "library"));
      const { code, stdout, stderr } = await new Deno.Command(python!, {
        args: ["-c", exampleIn("python", "import lancedb")],
        cwd: folder,
      }).output();
      assert.equal(code, 0, new TextDecoder().decode(stderr));
      const lines = new TextDecoder().decode(stdout).trim().split("\n");
      assert.match(lines[0], /^\s*path +start +end +channels$/);
      const alike = lines.slice(-4).map((line) => line.split(" "));
      assert.deepEqual(new Set(alike.map(([, path]) => path)).size, 4);
      assert.ok(alike.every(([, path]) => path.startsWith(`${barks}/bark_`)));
      const nearness = alike.map(([value]) => Number(value));
      assert.ok(nearness.every((value, i) => value <= (nearness[i - 1] ?? 1) && value > 0.2));
    }),
});

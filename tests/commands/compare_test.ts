import assert from "node:assert/strict";
import { join } from "node:path";
import { cli, PROJECT, withFolder } from "../support.ts";

Deno.test("deno task compare prints a table of all systems and draws their rank curves", () =>
  withFolder(async (folder) => {
    const data = join(PROJECT, "data", "qvim-mini");
    const { code, stdout, stderr } = await cli(["compare", "--data", data, "--out", folder]);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^2DFT +0\.6456 +0\.5351 … 0\.7494 +0\.6235 +0\.7394 +\d/m);
    const mrr = (system: string) =>
      Number(stdout.match(new RegExp(`^${system} +([01]\\.\\d+)`, "m"))![1]);
    assert.ok(mrr("random") < 0.35 && mrr("contours") > 0.8 && mrr("fusion") > 0.8, stdout);
    assert.match(stdout, /^MRR by class +random +2DFT +contours +encoder +fusion +fusion, batch$/m);
    assert.match(stdout, /^siren( +[01]\.\d{3}){6}$/m);
    const picture = Deno.readTextFileSync(join(folder, "rank_curves.svg"));
    assert.match(picture, /^<svg .*fusion, batch/s);
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["rank_curves.svg"]);
  }));

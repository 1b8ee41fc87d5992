import assert from "node:assert/strict";
import { join } from "node:path";
import { pythonRound } from "../../lib/inspect/figures.ts";
import { readGolden } from "../../tools/qvim_mini/references.ts";
import { cli, PROJECT, withFolder } from "../support.ts";

Deno.test("deno task compare prints a table of all systems and draws their rank curves", () =>
  withFolder(async (folder) => {
    const data = join(PROJECT, "data", "qvim-mini");
    const { code, stdout, stderr } = await cli(["compare", "--data", data, "--out", folder]);
    assert.equal(code, 0, stderr);
    const { mrr: expected, interval, classwiseMrr, classwiseNdcg } = readGolden().figures["2DFT"];
    const [low, high] = interval.map((value) => value.toFixed(4));
    const [figure, ...byClass] = [expected, classwiseMrr, classwiseNdcg].map((value) =>
      pythonRound(value)
    );
    const row = `^2DFT +${figure} +${low} … ${high} +${byClass.join(" +")} +\\d`;
    assert.match(stdout, new RegExp(row, "m"));
    const mrr = (system: string) =>
      Number(stdout.match(new RegExp(`^${system} +([01]\\.\\d+)`, "m"))![1]);
    assert.ok(mrr("random") < mrr("contours") && mrr("contours") < mrr("fusion"), stdout);
    assert.match(stdout, /^MRR by class +random +2DFT +contours +encoder +fusion +fusion, batch$/m);
    assert.match(stdout, /^siren( +[01]\.\d{3}){6}$/m);
    const picture = Deno.readTextFileSync(join(folder, "rank_curves.svg"));
    assert.match(picture, /^<svg .*fusion, batch/s);
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["rank_curves.svg"]);
  }));

/** What the walls deny is told all the same. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { remarksOf, type Report } from "../../../lib/organizer/report/entry.ts";
import { hasBubblewrap } from "../../../lib/organizer/rerun/sandbox.ts";
import { writeAttack } from "../../fixtures/attacks.ts";
import { cli, PROJECT, withFolder } from "../../support.ts";

const bubblewrap = await hasBubblewrap();

const SPY =
  `const quietly = async (f: () => unknown) => { try { await f(); } catch { /* denied */ } };
await quietly(() => Deno.readTextFileSync("/etc/passwd"));
await quietly(() => Deno.readTextFileSync(join(DATA_PATH, "DEV Dataset.csv")));
await quietly(() => Deno.connect({ hostname: "192.0.2.1", port: 443 }));
await quietly(() => Deno.dlopen("/root_path/evil.so", {}));
await quietly(() => new Deno.Command("sleep", { args: ["0.2"] }).outputSync());
for (let k = 0; k < 5; k++) await quietly(() => new Deno.Command("true").outputSync());`;

Deno.test({
  name: "rerun tells what cells tried to read, reach and start, and nothing of honest ones" +
    (bubblewrap ? "" : " (needs bubblewrap)"),
  ignore: !bubblewrap,
  fn: () =>
    withFolder(async (folder) => {
      const notebooks = join(folder, "in"), report = join(folder, "report");
      Deno.mkdirSync(notebooks);
      writeAttack(notebooks, "spy_1", SPY);
      writeAttack(notebooks, "honest_1", 'Deno.writeTextFileSync(join(ROOT_PATH, "a"), "");');
      const data = join(PROJECT, "data", "qvim-mini");
      const { code, stderr } = await cli(
        ["rerun", notebooks, "--data", data, "--report", report, "--keep-violations"],
      );
      assert.equal(code, 0, stderr);
      const { entries }: Report = JSON.parse(Deno.readTextFileSync(join(report, "report.json")));
      const named = new Map(entries.map((entry) => [entry.name, entry]));
      assert.equal(named.get("honest_1")!.runs[0].attempts, undefined);
      const { attempts } = named.get("spy_1")!.runs[0];
      for (
        const expected of [
          "cell 14 tried to read /etc/passwd",
          "cell 14 tried to read /data/DEV Dataset.csv",
          "cell 14 tried to reach 192.0.2.1:443",
          "cell 14 loaded native code from /root_path/evil.so",
        ]
      ) assert.ok(attempts!.includes(expected), `${attempts}`);
      assert.ok(attempts!.some((text) => /^cell 14 started .*sleep 0\.2$/.test(text)));
      assert.ok(remarksOf(named.get("spy_1")!).includes("cell 14 tried to read /etc/passwd"));
      assert.match(
        Deno.readTextFileSync(join(report, "report.html")),
        /tried to read .*\/etc\/passwd/,
      );
    }),
});

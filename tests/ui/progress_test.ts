import assert from "node:assert/strict";
import stringWidth from "string-width";
import { progressLine } from "../../lib/ui/progress.ts";
import { withFolder } from "../support.ts";

const WORK = { label: "Hearing sounds", done: 3, total: 6 };

Deno.test("progressLine() fills its bar, and makes it shorter where the terminal is narrow", () => {
  const text = "3/6, 2/s, 1.5 s left";
  assert.equal(
    progressLine(WORK, text, 80),
    `Hearing sounds ${"█".repeat(15)}${"░".repeat(15)} 3/6, 2/s, 1.5 s left`,
  );
  assert.equal(progressLine(WORK, text, 47), "Hearing sounds █████░░░░░ 3/6, 2/s, 1.5 s left");
  assert.equal(progressLine(WORK, text, 41), "Hearing sounds: 3/6, 2/s, 1.5 s left");
  assert.equal(progressLine(WORK, text, 35), "Hearing sou…: 3/6, 2/s, 1.5 s left");
  assert.equal(progressLine({ ...WORK, total: undefined }, "3, 2/s", 80), "Hearing sounds: 3, 2/s");
  // Nothing is done, and more than all.
  assert.match(progressLine({ ...WORK, done: 0 }, "0/6", 80), /^Hearing sounds ░{30} 0\/6$/);
  assert.match(progressLine({ ...WORK, done: 9 }, "9/6", 80), /^Hearing sounds █{30} 9\/6$/);
  assert.match(progressLine({ ...WORK, done: 0, total: 0 }, "0/0", 80), / ░{30} 0\/0$/);
  for (const label of ["Downloading 日本語の犬.ckpt", "x"]) {
    for (let columns = 1; columns < 90; columns++) {
      const line = progressLine({ ...WORK, label }, text, columns);
      assert.ok(stringWidth(line) < Math.max(2, columns), `${columns}: ${line}`);
    }
  }
});

Deno.test({
  name: "startProgress() leaves a terminal as it was where it is stopped in the middle",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    withFolder(async (folder) => {
      const program = `${folder}/long.ts`;
      const url = JSON.stringify(new URL("../../lib/ui/progress.ts", import.meta.url).href);
      Deno.writeTextFileSync(
        program,
        `import { startProgress } from ${url};
         const progress = startProgress("Hearing sounds", { total: 6 });
         progress.update(3);
         await new Promise((resolve) => setTimeout(resolve, 300));
         Deno.kill(Deno.pid, "SIGKILL");`,
      );
      // `script` of util-linux gives it a terminal.
      const command = `${Deno.execPath()} run -A --no-lock --quiet --config ${
        new URL("../../deno.json", import.meta.url).pathname
      } ${program}`;
      const { stdout } = await new Deno.Command("script", {
        args: ["-qc", command, "/dev/null"],
        stdin: "null",
      }).output();
      const shown = new TextDecoder().decode(stdout);
      assert.match(shown, /Hearing sounds █{15}░{15} 3\/6/);
      // No cursor is hidden, no line cut, that nobody would show or wrap again.
      // deno-lint-ignore no-control-regex -- what a terminal obeys
      assert.deepEqual(shown.match(/\u001b\[\?\d+[hl]/g), null, JSON.stringify(shown));
    }),
});

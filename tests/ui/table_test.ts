import assert from "node:assert/strict";
import { formatMarkdown, formatTable, tableToHtml } from "../../lib/ui/table.ts";

Deno.test("formatTable() lines columns up by what a terminal shows, not by characters", () => {
  const text = formatTable({
    header: ["Team", "MRR"],
    rows: [["音響研究室", "0.31"], ["e\u0301cho", "0.30"], ["bark", "1.0"]],
  });
  assert.deepEqual(text.split("\n"), [
    "Team        MRR",
    "──────────  ────",
    "音響研究室  0.31",
    "e\u0301cho        0.30",
    "bark        1.0",
  ]);
});

Deno.test("tables of a hundred thousand rows do not end in a full stack", () => {
  const rows = Array.from({ length: 200_000 }, (_, i) => [`${i}`]);
  assert.equal(formatTable({ header: ["n"], rows }).split("\n").length, 200_002);
});

Deno.test("what stands in a table's cells is text", () => {
  const table = { header: ["Name"], rows: [["<b>|`x`"]] };
  assert.match(tableToHtml(table), /&lt;b&gt;\|`x`/);
  assert.match(formatMarkdown(table), /\\<b\\>\\\|\\`x\\`/);
});

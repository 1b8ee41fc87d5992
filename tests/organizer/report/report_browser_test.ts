import assert from "node:assert/strict";
import { join } from "node:path";
import type { Entry, Report } from "../../../lib/organizer/report/entry.ts";
import { toHtml } from "../../../lib/organizer/report/page.ts";
import { toMarkdown } from "../../../lib/organizer/report/report.ts";
import type { SystemFigures } from "../../../lib/organizer/report/ranking.ts";
import { browserTest, openBrowser, seriousFaults } from "../../browser.ts";
import { withFolder } from "../../support.ts";

function figures(mrr: number): SystemFigures {
  return {
    mrr,
    mrrInterval: [mrr - 0.05, mrr + 0.05],
    classwiseMrr: mrr,
    classwiseNdcg: mrr,
    items: 10,
    reciprocalRanks: { q1: mrr, q2: mrr, q3: mrr },
    ranks: [1, 2, 10],
    byClass: { "a<b>": mrr, c: mrr },
  };
}

function entry(name: string, mrr: number | undefined, seconds: number): Entry {
  return {
    name,
    key: "",
    findings: [{
      rule: "paths",
      severity: "warning",
      cell: 3,
      line: 4,
      message: "reads a | <script>alert(1)</script>",
    }],
    runs: [
      mrr === undefined
        ? { status: "timeout", cell: 19, message: "took long", seconds, peakMemory: 2 ** 20 }
        : { status: "finished", seconds, peakMemory: 2 ** 21 },
    ],
    figures: mrr === undefined ? undefined : figures(mrr),
    executed: mrr === undefined ? undefined : `notebooks/${name}.ipynb`,
  };
}

const REPORT: Report = {
  data: "qvim-mini",
  isBlind: true,
  sandbox: true,
  network: "none",
  entries: [entry("slow_1", undefined, 60), entry("good_1", 0.5, 9), entry("bad_1", 0.25, 10)],
};

Deno.test("the report in Markdown ranks, and keeps its tables whole", () => {
  const lines = toMarkdown(REPORT).split("\n");
  assert.match(lines.find((line) => line.includes("good_1"))!, /^\| 1 \| good_1 \| 0\.5000 \| /);
  assert.match(
    lines.find((line) => line.includes("slow_1"))!,
    /timeout in cell 19 \| 1 warning; took long/,
  );
  assert.ok(
    lines.some((line) => line.endsWith("| reads a \\| \\<script\\>alert(1)\\</script\\> |")),
  );
});

/** Presses the heads of a column in the page and writes down what the rows are after that. */
const PROBE = `<script>
const rows = () => [...document.querySelectorAll("#ranking tbody tr")].map((row) => row.cells[1].textContent);
const press = (title) => [...document.querySelectorAll("#ranking th button")]
  .find((button) => button.textContent === title).click();
const seen = { first: rows() };
press("Seconds"); seen.up = rows();
press("Seconds"); seen.down = rows();
seen.opens = [...document.querySelectorAll("details summary")].map((line) => line.textContent);
seen.hidden = [...document.querySelectorAll(".wide")].filter((table) => table.scrollWidth > table.clientWidth).length;
seen.pictures = document.querySelectorAll("figure svg").length;
seen.shapes = document.querySelectorAll("figure svg path").length > 20;
seen.links = [...document.querySelectorAll("#ranking a")].map((a) => a.getAttribute("href"));
seen.scripts = document.querySelectorAll("table script").length;
seen.requests = performance.getEntriesByType("resource").map(({ name }) => name);
document.body.dataset.seen = JSON.stringify(seen);
</script>`;

/** Defines a test of a report, which lies in a folder of its own. */
const test = (name: string, html: string, fn: (path: string) => Promise<void>) =>
  browserTest(name, () =>
    withFolder((folder) => {
      const path = join(folder, "report.html");
      Deno.writeTextFileSync(path, html);
      return fn(path);
    }));

test(
  "the report in HTML sorts, opens, has its pictures, and asks the network for nothing",
  toHtml(REPORT).replace("</html>", `${PROBE}</html>`),
  async (path) => {
    const browser = await openBrowser({ viewport: { width: 1280, height: 900 } });
    const page = await browser.newPage();
    await page.goto(`file://${path}`);
    const seen = JSON.parse(await page.evaluate("document.body.dataset.seen"));
    await browser.close();
    assert.deepEqual(seen, {
      first: ["good_1", "bad_1"],
      up: ["good_1", "bad_1"],
      down: ["bad_1", "good_1"],
      opens: ["out slow_1 timeout in cell 19; 1 warning; took long"],
      hidden: 0,
      pictures: 2,
      shapes: true,
      links: ["notebooks/bad_1.ipynb", "notebooks/good_1.ipynb"],
      scripts: 0,
      requests: [],
    });
  },
);

/** Twenty entries, one of which has a name of sixty letters, and one that did not finish. */
const TWENTY: Report = {
  ...REPORT,
  entries: [
    ...Array.from({ length: 18 }, (_, k) => entry(`team_${k}`, 0.9 - k / 30, k)),
    entry("n".repeat(60), 0.05, 60),
    entry("slow_1", undefined, 60),
  ],
};

test(
  "the report fits a desk and a telephone, and can be used by keys alone",
  toHtml(TWENTY),
  async (path) => {
    const browser = await openBrowser();
    try {
      const page = await browser.newPage();
      for (const [width, colorScheme] of [[1280, "light"], [390, "dark"]] as const) {
        await page.setViewportSize({ width, height: 800 });
        await page.emulateMedia({ colorScheme });
        await page.goto(`file://${path}`);
        assert.deepEqual(await seriousFaults(page), [], colorScheme);
        assert.equal(await page.evaluate("document.documentElement.scrollWidth"), width);
      }
      const focused = () => page.evaluate("document.activeElement.textContent");
      const tabTo = async (start: string) => {
        for (let k = 0; k < 100 && !(await focused()).startsWith(start); k++) {
          await page.keyboard.press("Tab");
        }
        assert.ok((await focused()).startsWith(start), await focused());
      };
      await tabTo("Seconds");
      await page.keyboard.press("Enter");
      await page.keyboard.press("Enter");
      const first = "document.querySelector('#ranking tbody tr').cells[1].textContent";
      assert.equal(await page.evaluate(first), "n".repeat(60));
      await tabTo("out slow_1");
      await page.keyboard.press("Enter");
      assert.ok(await page.evaluate("document.querySelector('details').open"));
      // Nothing of a table is cut off on paper.
      await page.emulateMedia({ media: "print" });
      const cut =
        "[...document.querySelectorAll('.wide')].filter((it) => getComputedStyle(it).overflowX !== 'visible').length";
      assert.equal(await page.evaluate(cut), 0);
    } finally {
      await browser.close();
    }
  },
);

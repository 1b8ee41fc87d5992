import assert from "node:assert/strict";
import { join } from "node:path";
import type { Entry, Report } from "../../../lib/organizer/report/entry.ts";
import { mergeReports } from "../../../lib/organizer/rerun/merge.ts";
import { withFolder, writeFiles } from "../../support.ts";

const entry = (name: string, order: number): Entry => ({
  ...{ name, order, key: "", findings: [] },
  runs: [{ status: "failed", cell: 3, seconds: 1, peakMemory: 0 }],
});

const report = (entries: Entry[], handedIn: number, index: number): Report => ({
  ...{ data: "mini", isBlind: true, sandbox: true, network: "none", handedIn, entries },
  heldBy: "the watch",
  commandLine: ["rerun", "in", "--shard", `${index}/2`, "--data", "mini"],
});

/** Merges reports that lie in folders of their own. */
function merge(folder: string, reports: Report[]): Report {
  const folders = reports.map((report, k) => {
    writeFiles(folder, {
      [`part-${k}/report.json`]: JSON.stringify(report),
      [`part-${k}/scores/${report.entries[0].name}.json`]: "{}",
    });
    return join(folder, `part-${k}`);
  });
  return mergeReports(folders, join(folder, "merged"));
}

Deno.test("mergeReports() gives the report of one machine: its order, its command line, all files", () =>
  withFolder((folder) => {
    // As a folder lists them: "a b.ipynb" stands before "a.ipynb".
    const merged = merge(folder, [
      report([entry("a b", 0), entry("a_2", 2)], 3, 1),
      report([entry("a", 1)], 3, 2),
    ]);
    assert.deepEqual(merged.entries.map(({ name }) => name), ["a b", "a", "a_2"]);
    assert.deepEqual(merged.commandLine, ["rerun", "in", "--data", "mini"]);
    assert.equal(merged.heldBy, "the watch");
    const written = Deno.readTextFileSync(join(folder, "merged", "report.json"));
    assert.deepEqual(JSON.parse(written), JSON.parse(JSON.stringify(merged)));
    for (const name of ["a b", "a"]) {
      Deno.statSync(join(folder, "merged", "scores", `${name}.json`));
    }
  }));

Deno.test("mergeReports() refuses where a notebook has no entry, or two", () =>
  withFolder((folder) => {
    const first = report([entry("a", 0), entry("c", 2)], 4, 1);
    assert.throws(
      () => merge(folder, [first]),
      /Expected the 4 notebooks that were handed in but found 2; the 2\., 4\. of them in no report/,
    );
    const again = report([entry("b", 1), entry("a", 0)], 4, 2);
    assert.throws(() => merge(folder, [first, again]), /each submission once but found a in two/);
  }));

Deno.test("mergeReports() says what is no report, and writes over none of them", () =>
  withFolder((folder) => {
    const part = join(folder, "part");
    const merged = (text: string, into = join(folder, "merged")) => () => {
      writeFiles(folder, { "part/report.json": text });
      mergeReports([part], into);
    };
    const expected = `Expected the report of a re-run at ${join(part, "report.json")} but found `;
    for (
      const [text, found] of [
        ["null", "no list of entries"],
        ['{"entries": {}}', "no list of entries"],
        ['{"entries": [null]}', "an entry without a name, its runs or its findings"],
        ['{"entries": [{"name": 1, "runs": [], "findings": []}]}', "an entry without a name"],
        ["{", "no JSON: "],
      ]
    ) {
      assert.throws(
        merged(text),
        (error: Error) => error.message.startsWith(expected + found),
        text,
      );
    }
    const whole = JSON.stringify(report([entry("a", 0)], 1, 1));
    assert.throws(merged(whole, `${part}/.`), /Expected another folder for the merged report than/);
    assert.equal(Deno.readTextFileSync(join(part, "report.json")), whole);
    assert.throws(
      () => mergeReports([join(folder, "nowhere")], join(folder, "merged")),
      /Expected a report in .*nowhere but found none$/,
    );
  }));

Deno.test("mergeReports() refuses parts that were not run with the same", () =>
  withFolder((folder) => {
    const part = (index: number) => report([entry("ab"[index], index)], 2, index + 1);
    const versions = { package: "1", packageDigest: "x", deno: "2", data: ["y"] };
    for (
      const [what, other] of [
        ["versions", { versions }],
        ["settings", { settings: { repeat: 2 } }],
        ["keepViolations", { keepViolations: true }],
        ["types", { types: false }],
      ] as const
    ) {
      assert.throws(
        () => merge(folder, [part(0), { ...part(1), ...other }]),
        (error: Error) =>
          error.message ===
            `Expected reports of one batch but ${join(folder, "part-1")} has other ` +
              `${what} than ${join(folder, "part-0")}`,
      );
    }
  }));

Deno.test("a report says where the types were not checked, and else nothing of it", () =>
  withFolder((folder) => {
    for (const types of [true, false]) {
      const parts = [0, 1].map((k) => ({ ...report([entry("ab"[k], k)], 2, k + 1), types }));
      merge(folder, parts);
      for (const file of ["report.html", "report.md"]) {
        const text = Deno.readTextFileSync(join(folder, "merged", file));
        assert.equal(text.includes("The types were not checked."), !types, file);
      }
    }
  }));

Deno.test("mergeReports() hands on that what the runs used was changed", () =>
  withFolder((folder) => {
    const bad = { ...report([entry("b", 1)], 2, 2), changed: ["/package/lib/mod.ts"] };
    const merged = merge(folder, [report([entry("a", 0)], 2, 1), bad]);
    assert.deepEqual(merged.changed, ["/package/lib/mod.ts"]);
    const html = Deno.readTextFileSync(join(folder, "merged", "report.html"));
    assert.match(html, /<p role="alert">Expected what the runs used to be as it was.*mod\.ts/);
    const markdown = Deno.readTextFileSync(join(folder, "merged", "report.md"));
    assert.match(markdown, /\*\*Expected what the runs used .*Believe no figure/);
  }));

Deno.test("what is said of a batch as a whole is text in Markdown, whatever files are called", () =>
  withFolder((folder) => {
    const versions = { package: "1", packageDigest: "x", deno: "2", data: ["y"] };
    const odd = {
      versions,
      settings: {},
      changed: ["/data/<img src=x>\n# [b](c)"],
      data: "<i>*`|",
    };
    const parts = [0, 1].map((k) => {
      const one = { ...entry(["<b>a</b>", "b`"][k], k), origin: "again" as const };
      return { ...report([one], 2, k + 1), ...odd, commandLine: ["rerun", "<u>"] };
    });
    const folders = parts.map((part, k) => {
      writeFiles(folder, { [`part-${k}/report.json`]: JSON.stringify(part) });
      return join(folder, `part-${k}`);
    });
    mergeReports(folders, join(folder, "merged"));
    const markdown = Deno.readTextFileSync(join(folder, "merged", "report.md"));
    assert.doesNotMatch(markdown, /(?<!\\)<[a-z]/);
    assert.match(markdown, /^# Submissions on \\<i\\>\\\*\\`\\\|$/m);
    assert.match(markdown, /^- Run again: \\<b\\>a\\<\/b\\>, b\\`$/m);
    assert.match(markdown, /^- Command line: rerun \\<u\\>$/m);
    assert.match(markdown, /changed: \/data\/\\<img src=x\\> *# \\\[b\\\]\(c\)/);
  }));

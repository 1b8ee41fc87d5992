import assert from "node:assert/strict";
import { join } from "node:path";
import { DatasetError } from "../../lib/challenge/dataset.ts";
import { parseGroundTruth, readGroundTruth } from "../../lib/challenge/ground_truth.ts";
import { NEEDS_UNIX, withFolder } from "../support.ts";

const HEADER = "Label,Class,Items,Query 1,Query 2,Query 3";

Deno.test("parseGroundTruth() stacks the query columns and drops what pandas reads as missing", () => {
  const csv = `\uFEFFTitle,,,,,\r
Notes,${HEADER}\r
"say ""hi""",l1,Dog,"a, b.wav",q1.wav,q2.wav,\r
,l2,Cat,c.wav,NA,q3.wav,q4.wav\r
\r
,,Cat,d.wav,q5.wav,n/a,null\r
x,l4,None,e.wav,q6.wav,,\r
x,l5,Dog,f.wav,q1.wav\r
`;
  const row = (label: string, name: string, item: string, query: string) => ({
    label,
    class: name,
    item,
    query,
  });
  assert.deepEqual(parseGroundTruth(csv, "x.csv"), [
    row("l1", "Dog", "a, b.wav", "q1.wav"),
    row("l5", "Dog", "f.wav", "q1.wav"),
    row("l1", "Dog", "a, b.wav", "q2.wav"),
    row("l2", "Cat", "c.wav", "q3.wav"),
    row("l2", "Cat", "c.wav", "q4.wav"),
  ]);
});

for (
  const [what, csv, message] of [
    ["no header", "title\n", /found no Label, no Class.* in ""/],
    [
      "a missing column",
      `t\n${HEADER.replace("Class,", "")}\n`,
      /but found no Class in "Label,Items/,
    ],
    [
      "a row that is too long",
      `t\n${HEADER}\na,b,c,d,e,f,g\n`,
      /Expected 6 fields but found 7 in row 1/,
    ],
    ["a quote that never ends", `t\n${HEADER}\n"a,b\n`, /Expected CSV but found none in x\.csv/],
  ] as const
) {
  Deno.test(`parseGroundTruth() throws DatasetError on ${what}`, () => {
    assert.throws(() => parseGroundTruth(csv, "x.csv"), (error: Error) => {
      assert.ok(error instanceof DatasetError);
      assert.match(error.message, message);
      return true;
    });
  });
}

for (
  const [classes, found] of [
    [["1", "dog", "01"], undefined],
    [["1", "2", "inf", ""], undefined],
    [["1", "2", "01"], /"1" and "01", both 1 to it, in a\.csv$/],
    [["1e3", "", " 1000"], /"1e3" and " 1000", both 1000 to it/],
    [["inf", "1", "-Infinity"], undefined],
    [["inf", "1", "+Infinity"], /"inf" and "\+Infinity", both Infinity to it/],
    [["True", "False", "TRUE"], /"True" and "TRUE", both true to it/],
    [["True", "TRUE", "x"], undefined],
  ] as [string[], RegExp | undefined][]
) {
  Deno.test(`parseGroundTruth() keeps the classes ${classes} as pandas does, or refuses them`, () => {
    const rows = classes.map((name, i) => `l,${name},i${i}.wav,q${i}.wav,,`);
    const parse = () => parseGroundTruth(["title", HEADER, ...rows].join("\n"), "a.csv");
    if (found !== undefined) {
      assert.throws(parse, { name: "DatasetError", message: found });
      return;
    }
    assert.deepEqual(parse().map((row) => row.class), classes.filter((name) => name !== ""));
  });
}

Deno.test("readGroundTruth() names the file that is not there", () =>
  withFolder((folder) => {
    assert.throws(() => readGroundTruth(folder), /found no file at .*DEV Dataset\.csv/);
  }));

Deno.test("parseGroundTruth() takes line ends as they come, as pandas does", () => {
  const lines = ["title", "Label,Class,Items,Query 1,Query 2,Query 3", "a,c,i.wav,q1.wav,,q4.wav"];
  const expected = parseGroundTruth(lines.join("\n"), "x");
  assert.deepEqual(expected.map(({ query }) => query), ["q1.wav", "q4.wav"]);
  for (
    const [first, second, last] of ["\n", "\r\n", "\r"].flatMap((a) =>
      ["\n", "\r\n", "\r"].flatMap((b) => ["", "\n", "\r\n", "\r"].map((c) => [a, b, c]))
    )
  ) {
    const text = `${lines[0]}${first}${lines[1]}${second}${lines[2]}${last}`;
    assert.deepEqual(parseGroundTruth(text, "x"), expected, JSON.stringify(text));
  }
});

Deno.test("readGroundTruth() refuses text that is no UTF-8", () =>
  withFolder((folder) => {
    const bytes = [..."t\nLabel,Class,Items,Query 1,Query 2,Query 3\nbr\xfclle,c,i,q,,\n"];
    Deno.writeFileSync(
      join(folder, "DEV Dataset.csv"),
      Uint8Array.from(bytes, (character) => character.charCodeAt(0)),
    );
    assert.throws(() => readGroundTruth(folder), {
      name: "DatasetError",
      message: /Expected UTF-8 text but found other bytes in .*DEV Dataset\.csv/,
    });
  }));

Deno.test("parseGroundTruth() takes an empty title, and empty rows as if they were not there", () => {
  for (const title of ["\n", "\r\n", "\ufeff\n", "\ufeff\r"]) {
    const text = `${title}\n\n${HEADER}\n\n \nl,c,i,q,,\n\n`;
    assert.deepEqual(parseGroundTruth(text, "x"), [
      { label: "l", class: "c", item: "i", query: "q" },
    ]);
  }
});

Deno.test({
  name: `readGroundTruth() waits for no pipe, and reads no device without an end${NEEDS_UNIX}`,
  ignore: NEEDS_UNIX !== "",
  fn: () =>
    withFolder((folder) => {
      const path = join(folder, "DEV Dataset.csv");
      Deno.mkdirSync(path);
      const refused = (found: string) =>
        assert.throws(() => readGroundTruth(folder), {
          name: "DatasetError",
          message: `Expected the ground truth but found ${found} at ${path}`,
        });
      refused("a folder");
      Deno.removeSync(path);
      Deno.symlinkSync("/dev/null", path);
      refused("a pipe or a device");
    }),
});

Deno.test("readGroundTruth() refuses a file of rows or bytes without end", () =>
  withFolder((folder) => {
    const path = join(folder, "DEV Dataset.csv"), text = `t\n${HEADER}\n`;
    Deno.writeTextFileSync(path, text + "l,c,i,q,,\n".repeat(2 ** 19));
    assert.throws(() => readGroundTruth(folder), {
      name: "DatasetError",
      message: `Expected at most 524288 rows but found more in ${path}`,
    });
    // Nothing but zeros, which take no room on the disk.
    Deno.truncateSync(path, 2 ** 25 + 1);
    assert.throws(() => readGroundTruth(folder), {
      name: "DatasetError",
      message: `Expected a ground truth of at most 32 MB but found 33 MB in ${path}`,
    });
  }));

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { readGroundTruth } from "../../lib/challenge/ground_truth.ts";
import { evaluate } from "../../lib/challenge/evaluation.ts";
import type { Similarities } from "../../lib/challenge/model.ts";
import { pythonRound } from "../../lib/inspect/figures.ts";
import { readNotebook } from "../../lib/notebook/ipynb.ts";
import { largestDifference } from "../models/differences.ts";
import { codeNotebookText } from "../notebook/support.ts";
import {
  cli,
  NEEDS_UNIX,
  PROJECT,
  SHARED,
  testWithShared,
  until,
  withFolder,
  writeFiles,
} from "../support.ts";

const MINI = join(PROJECT, "data", "qvim-mini");
const GROUND_TRUTH = "title\nLabel,Class,Items,Query 1,Query 2,Query 3\na,c,i.wav,q.wav,,\n";
const PATHS_CELL = `// TODO: DEFINE YOUR PATHS HERE.
const ROOT_PATH = "nowhere";
const DATA_PATH = "nowhere else";`;

Deno.test("run: the submission prints the template's lines and leaves an executed notebook", () =>
  withFolder(async (folder) => {
    const { code, stdout, stderr } = await cli([
      "run",
      "submission.ipynb",
      "--data",
      MINI,
      "--root",
      folder,
    ]);
    assert.equal(code, 0, stderr);
    const lines = stdout.split("\n");
    for (
      const line of [
        "Total item files: 24",
        "Total query files: 57",
        "Missing query files:  0",
        "Missing item files:  []",
        "MRR random: 0.1624",
      ]
    ) {
      assert.ok(lines.includes(line), `${line} is not in\n${stdout}`);
    }
    assert.match(stdout, /^MRR {7}: 0\.\d{1,4}$/m);
    assert.match(stdout, /^Class-wise MRR : 0\.\d{1,4}\nClass-wise NDCG: 0\.\d{1,4}$/m);
    const { cells } = readNotebook(join(folder, "output", "submission.ipynb"));
    const outputs = cells.at(-2)!.outputs!;
    assert.equal(outputs[0].output_type, "stream");
    const picture = outputs[1] as { data: Record<string, string> };
    assert.match(picture.data["image/svg+xml"], /^<svg /);
    assert.match(picture.data["image/svg+xml"], /rank of the right item/);
    const table = cells.at(-1)!.outputs!.at(-1) as { data: Record<string, string> };
    assert.match(table.data["text/html"], /<table>.*Class-wise NDCG/s);
    const scores = JSON.parse(Deno.readTextFileSync(join(folder, "output", "similarities.json")));
    assert.equal(Object.keys(scores).length, 57);
  }));

Deno.test("run: what is wrong with the types is a warning with its cell and line, beside the run", () =>
  withFolder(async (folder) => {
    const amiss = 'console.log("ran");\nconst rank: string = 3;';
    const warning = /^Warning: cell 1, line 2: TS2322: Type 'number' is not .* 'string'\.$/m;
    writeFiles(folder, {
      "n.ipynb": codeNotebookText(amiss),
      "failing.ipynb": codeNotebookText(amiss, 'throw new Error("two")'),
      "unresolved.ipynb": codeNotebookText('import "npm:@x";'),
    });
    const warned = await cli(["run", "n.ipynb"], { cwd: folder });
    assert.deepEqual([warned.code, warned.stdout], [0, "ran\n"]);
    assert.match(warned.stderr, warning);
    // It may say why a cell failed, so it comes then as well.
    const failed = await cli(["run", "failing.ipynb"], { cwd: folder });
    assert.deepEqual([failed.code, failed.stdout], [1, "ran\n"]);
    assert.match(failed.stderr, warning);
    const unchecked = await cli(["run", "unresolved.ipynb"], { cwd: folder });
    assert.match(unchecked.stderr, /^Warning: types: could not be checked: error: .*npm:@x/m);
    const silent = await cli(["run", "n.ipynb", "--no-types"], { cwd: folder });
    assert.deepEqual([silent.code, silent.stdout], [0, "ran\n"]);
    assert.doesNotMatch(silent.stderr, /Warning/);
  }));

Deno.test("run: --data and --root replace the two paths, --out names the result", () =>
  withFolder(async (folder) => {
    writeFiles(folder, {
      "n.ipynb": codeNotebookText(
        PATHS_CELL,
        "console.log(ROOT_PATH); console.error(DATA_PATH); DATA_PATH.length",
      ),
      "d/DEV Dataset.csv": GROUND_TRUTH,
    });
    const out = join(folder, "deep", "done.ipynb");
    const { code, stdout, stderr } = await cli(
      ["run", "--no-types", "n.ipynb", "--data", "d", "--root", "r", "--out", out],
      { cwd: folder },
    );
    assert.equal(code, 0, stderr);
    assert.equal(stdout, `${join(folder, "r")}\n${join(folder, "d").length}\n`);
    assert.ok(stderr.includes(`${join(folder, "d")}\n`));
    assert.equal(readNotebook(out).cells[1].execution_count, 2);
    assert.equal(Deno.readTextFileSync(join(folder, "n.ipynb")).includes('execution"'), false);
  }));

Deno.test("run: a failing cell stops the run, is shown, and what ran is kept", () =>
  withFolder(async (folder) => {
    writeFiles(folder, {
      "n.ipynb": codeNotebookText(
        'console.log("one")',
        'throw new Error("two")',
        'console.log("three")',
      ),
    });
    const { code, stdout, stderr } = await cli(["run", "--no-types", "n.ipynb"], { cwd: folder });
    assert.equal(code, 1);
    assert.equal(stdout, "one\n");
    assert.match(
      stderr,
      /CellError: Cell 2 failed:\n {4}throw new Error\("two"\)\n\nError: two\n +at/,
    );
    const { cells } = readNotebook(join(folder, "output", "n.ipynb"));
    assert.deepEqual(cells.map(({ outputs }) => outputs![0]?.output_type), [
      "stream",
      "error",
      undefined,
    ]);
  }));

for (
  const [what, implementation, message] of [
    ["is missing", "const QBVIM_MODEL = null;", /Expected QBVIM_MODEL to be .* but found null/],
    [
      "returns nothing",
      "const QBVIM_MODEL = { computeSimilarities() {} };",
      /return query → item → score but found undefined/,
    ],
    [
      "throws",
      'const QBVIM_MODEL = { computeSimilarities() { throw new Error("model broke"); } };',
      /Error: model broke/,
    ],
    [
      "returns a promise that rejects",
      'const QBVIM_MODEL = { computeSimilarities: () => Promise.reject(new Error("model broke")) };',
      /Error: model broke/,
    ],
    [
      "gives NaN",
      "const QBVIM_MODEL = { computeSimilarities: (items, queries) => Object.fromEntries(Object.keys(queries).map((q) => [q, Object.fromEntries(Object.keys(items).map((i) => [i, NaN]))])) };",
      /Expected a finite number as the score for the query bark_1_.*but found NaN/,
    ],
  ] as [string, string, RegExp][]
) {
  Deno.test(`run: a model that ${what} fails in its cell`, () =>
    withFolder(async (folder) => {
      const notebook = JSON.parse(
        Deno.readTextFileSync(join(PROJECT, "notebooks", "template.ipynb")),
      );
      notebook.cells.find((cell: { id: string }) => cell.id === "instance").source = implementation;
      // Inside the package, so that its deno.json is found.
      const path = join(PROJECT, "output", `broken_${crypto.randomUUID()}.ipynb`);
      writeFiles(PROJECT, { [path.slice(PROJECT.length)]: JSON.stringify(notebook) });
      try {
        const { code, stderr } = await cli([
          "run",
          "--no-types",
          path,
          "--data",
          MINI,
          "--root",
          folder,
        ]);
        assert.equal(code, 1);
        assert.match(stderr, message);
      } finally {
        Deno.removeSync(path);
      }
    }));
}

Deno.test("run: a data set that is not there, or has no answers, fails before the first cell", () =>
  withFolder(async (folder) => {
    Deno.mkdirSync(join(folder, "empty"));
    const cases: [string, RegExp][] = [
      ["none", /Expected a data set for --data but found no folder at .*none/],
      ["empty", /Expected the ground truth but found no file at .*DEV Dataset\.csv/],
    ];
    for (const [name, message] of cases) {
      const data = join(folder, name), root = join(folder, "root");
      const { code, stdout, stderr } = await cli([
        ...["run", "--no-types", "notebooks/baseline_2dft.ipynb", "--data", data, "--root", root],
      ]);
      assert.equal(code, 1);
      assert.equal(stdout, "");
      assert.match(stderr, message);
      assert.doesNotMatch(stderr, /\[cell/);
      assert.ok(!existsSync(root) && !existsSync(join(folder, "none")));
    }
  }));

Deno.test("run: an empty data set fails with the template's message", () =>
  withFolder(async (folder) => {
    writeFiles(folder, { "new/DEV Dataset.csv": GROUND_TRUTH });
    const { code, stdout, stderr } = await cli([
      ...[
        "run",
        "--no-types",
        "notebooks/baseline_2dft.ipynb",
        "--data",
        join(folder, "new"),
        "--root",
        folder,
      ],
    ]);
    assert.equal(code, 1);
    assert.match(stdout, /Total item files: 0\nTotal query files: 0\n/);
    assert.match(
      stderr,
      /No query files found! Download the development dataset and store it in 'DATA_PATH'\./,
    );
  }));

Deno.test("run: an output folder that can't be made is an error before the work", () =>
  withFolder(async (folder) => {
    writeFiles(folder, { "n.ipynb": codeNotebookText('console.log("ran")'), output: "a file" });
    const { code, stdout, stderr } = await cli(["run", "--no-types", "n.ipynb"], { cwd: folder });
    assert.equal(code, 1);
    assert.equal(stdout, "");
    assert.match(stderr, /output/);
  }));

Deno.test(`run: goes on where nobody reads any more, or the disk is full${NEEDS_UNIX}`, {
  ignore: NEEDS_UNIX !== "" || Deno.build.os !== "linux",
}, () =>
  withFolder(async (folder) => {
    const long = `for (let i = 0; i < 20; i++) { console.log("x".repeat(9000)); }`;
    writeFiles(folder, { "n.ipynb": codeNotebookText(long, `console.log("to the end")`) });
    const run = [
      Deno.execPath(),
      "run",
      "-A",
      join(PROJECT, "cli.ts"),
      "run",
      "--no-types",
      "n.ipynb",
    ];
    for (
      const [line, printed, status, said] of [
        [
          `{ "$@"; echo $? >status; } | head -c 5`,
          "xxxxx",
          0,
          /^The executed notebook: output\/n\.ipynb\n$/,
        ],
        [
          `"$@" >/dev/full; echo $? >status`,
          "",
          1,
          /^The executed notebook: .*\n.* no room left on the disk.*\n$/,
        ],
      ] as const
    ) {
      const shell = new Deno.Command("sh", { args: ["-c", line, "sh", ...run], cwd: folder });
      const { stdout, stderr } = await shell.output();
      assert.equal(new TextDecoder().decode(stdout), printed);
      const errors = new TextDecoder().decode(stderr).replaceAll(/^\[cell.*\n/gm, "");
      assert.match(errors, said);
      assert.equal(Deno.readTextFileSync(join(folder, "status")), `${status}\n`);
      const { cells } = readNotebook(join(folder, "output", "n.ipynb"));
      assert.equal((cells[1].outputs![0] as { text: string }).text, "to the end\n");
      Deno.removeSync(join(folder, "output"), { recursive: true });
    }
  }));

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.test(`run: ${signal} ends the kernel, keeps what ran and gives status 130${NEEDS_UNIX}`, {
    ignore: NEEDS_UNIX !== "",
  }, () =>
    withFolder(async (folder) => {
      const mark = `86420.${Deno.pid}`;
      writeFiles(folder, {
        "n.ipynb": codeNotebookText(
          `new Deno.Command("sleep", { args: ["${mark}"] }).spawn(); console.log("begun"); while (true) {}`,
        ),
      });
      const process = new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", join(PROJECT, "cli.ts"), "run", "--no-types", "n.ipynb"],
        cwd: folder,
        stdout: "piped",
        stderr: "piped",
      }).spawn();
      const reader = process.stdout.getReader();
      assert.equal(new TextDecoder().decode((await reader.read()).value), "begun\n");
      reader.releaseLock();
      process.kill(signal);
      const { code, stderr } = await process.output();
      assert.equal(code, 130);
      assert.match(new TextDecoder().decode(stderr), /The run was interrupted/);
      const { cells } = readNotebook(join(folder, "output", "n.ipynb"));
      assert.equal((cells[0].outputs![0] as { text: string }).text, "begun\n");
      // It has been told to end: a busy machine may put that off.
      await until(async () => {
        const { stdout } = await new Deno.Command("ps", { args: ["-eo", "args"] }).output();
        return !new TextDecoder().decode(stdout).includes(mark);
      });
    }));
}

testWithShared(
  "reference/two_dft/similarities.json",
  "run: the 2DFT baseline gives the official scores, and prints the official figures",
  (reference) =>
    withFolder(async (folder) => {
      const data = join(SHARED, "qvim-esc10");
      const { code, stdout, stderr } = await cli([
        ...["run", "--no-types", "notebooks/baseline_2dft.ipynb", "--data", data, "--root", folder],
      ]);
      assert.equal(code, 0, stderr);
      const { mrr_random, mrr, class_mrr, class_ndcg } = JSON.parse(
        Deno.readTextFileSync(join(reference, "..", "expected.json")),
      );
      assert.ok(stdout.includes(`\nMRR random: ${mrr_random}\nMRR       : ${mrr}\n`), stdout);
      assert.ok(
        stdout.includes(`\nClass-wise MRR : ${class_mrr}\nClass-wise NDCG: ${class_ndcg}\n`),
        stdout,
      );
      const [scores, expected]: Similarities[] = [
        join(folder, "output", "similarities.json"),
        reference,
      ].map((path) => JSON.parse(Deno.readTextFileSync(path)));
      const difference = largestDifference(scores, expected);
      assert.ok(difference < 1e-6, `${difference}`);
      const found = await evaluate(Object.entries(scores), readGroundTruth(data));
      assert.equal(pythonRound(found.mrr), String(mrr));
      assert.equal(pythonRound(found.classwiseMrr), String(class_mrr));
      assert.equal(pythonRound(found.classwiseNdcg), String(class_ndcg));
    }),
);

Deno.test("run: a notebook elsewhere that imports the package says where to put it", () =>
  withFolder(async (folder) => {
    const imports = [
      'import { cosine } from "qvim";',
      "import { unpackFile } from 'qvim/helpers';",
      'await import("qvim");',
    ];
    for (const source of imports) {
      writeFiles(folder, { "n.ipynb": codeNotebookText(source) });
      const { code, stderr } = await cli(["run", "--no-types", "n.ipynb"], { cwd: folder });
      assert.equal(code, 1);
      assert.match(
        stderr,
        /^NotebookError: Expected n\.ipynb to lie where "qvim" can be imported .*: copy the notebook into /,
      );
      assert.doesNotMatch(stderr, /\[cell/);
    }
  }));

Deno.test("run: a copy of the notebook in a folder of the package says where it looks for sounds", () =>
  withFolder(async (root) => {
    const folder = join(PROJECT, "output", `copy_${crypto.randomUUID()}`);
    writeFiles(folder, {
      "n.ipynb": Deno.readTextFileSync(join(PROJECT, "submission.ipynb")),
    });
    try {
      const { code, stdout } = await cli([
        "run",
        "--no-types",
        join(folder, "n.ipynb"),
        "--root",
        root,
      ]);
      assert.equal(code, 1);
      assert.match(
        stdout,
        /^Data set: \.\/data\/qvim-mini\nThere are no sounds in .*copy_.*folder$/m,
      );
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  }));

Deno.test("run: the MN baseline says in one sentence that the network does not bring its checkpoint", () =>
  withFolder(async (folder) => {
    const { code, stderr } = await cli(
      ["run", "--no-types", "notebooks/baseline_mn.ipynb", "--root", folder],
      // A proxy where nobody listens: no test reaches out of the machine.
      { env: { HTTPS_PROXY: "http://127.0.0.1:9", https_proxy: "http://127.0.0.1:9" } },
    );
    assert.equal(code, 1);
    assert.match(stderr, /DownloadError: Expected to download https:\/\/cloud\.cp\.jku\.at\/\S+/);
  }));

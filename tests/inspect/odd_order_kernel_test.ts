/** A used kernel whose cells are run one by one, in whatever order. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { Kernel } from "../../lib/notebook/kernel.ts";
import { NotebookRun } from "../../lib/inspect/current_run.ts";
import { pythonRound } from "../../lib/inspect/figures.ts";
import { composeNotebook, readTemplate } from "../../lib/organizer/template.ts";
import { readGolden } from "../../tools/qvim_mini/references.ts";
import { loudnessModel } from "../fixtures/submissions.ts";
import { PROJECT, withFolder, writeFiles } from "../support.ts";

const ALL = [
  ...["install", "imports", "interface", "helpers", "paths", "make-folders", "setup"],
  ...["implementation", "instance", "list-files", "predict", "save", "exact-match", "class-wise"],
];
const RESULTS = ["exact-match", "class-wise"];
const FIGURE = new RegExp(`MRR {7}: ${pythonRound(readGolden().figures.loudness.mrr)}\\n`);

const paths = (root: string, data = "./data/qvim-mini") =>
  `const ROOT_PATH = ${JSON.stringify(root)};\nconst DATA_PATH = ${JSON.stringify(data)};`;

/** Runs cells of a notebook by their ids. */
interface Session {
  /** @returns What the cell printed, or its error. */
  run(id: string, source?: string): Promise<string>;
  root: string;
}

/** Calls `use` in a kernel in which a good notebook was run from its first cell to its last. */
async function afterGoodRun(use: (session: Session) => Promise<void>): Promise<void> {
  await withFolder(async (root) => {
    const { cells } = composeNotebook(readTemplate(), {
      paths: paths(root),
      setup: "// There is nothing to fetch.",
      implementation: loudnessModel(),
      instance: "const QBVIM_MODEL = new Loudness();",
    });
    const kernel = await Kernel.start({ cwd: PROJECT });
    const run = async (id: string, source = cells.find((cell) => cell.id === id)!.source) => {
      let shown = "";
      await kernel.execute(source, ({ header, content }) => {
        if (header.msg_type === "stream") shown += content.text;
        if (header.msg_type === "clear_output") shown = "";
        if (header.msg_type === "error") shown = `${content.ename}: ${content.evalue}`;
      });
      return shown;
    };
    try {
      for (const id of ALL) assert.doesNotMatch(await run(id), /Error/, id);
      assert.match(await run("exact-match"), FIGURE);
      await use({ run, root });
    } finally {
      await kernel.kill();
    }
  });
}

async function refuse({ run }: Session, ids: string[], message: RegExp): Promise<void> {
  for (const id of ids) assert.match(await run(id), message, id);
}

Deno.test("another model of step 4 alone gets no figures of the one before", () =>
  afterGoodRun(async (session) => {
    await session.run("instance", "const QBVIM_MODEL = new Loudness();");
    const message = /StaleRunError: Expected the scores of the model that step 4 has set but they/;
    await refuse(session, ["save", ...RESULTS], message);
    // A cell that fails might be one of the steps: these do not.
    const looking = (call: string) =>
      `const { listen, showConfusion, showScores, showWorst } = await import("qvim");
await (async () => await ${call})().catch((error) => console.log(\`\${error.name}: \${error.message}\`));`;
    const listening = looking('listen("bark_1_voice_1.wav")');
    assert.match(await session.run("listening", listening), message);
    await refuse(session, ["predict", "save"], /^(?!.*Error)/s);
    const figures = [
      "showWorst(evaluation, 1)",
      "showConfusion(evaluation)",
      "showScores(evaluation)",
    ]
      .map(looking);
    for (const call of figures) {
      assert.match(
        await session.run("looking", call),
        /StaleRunError: Expected the figures of this run but they are an earlier one's/,
      );
    }
    await refuse(session, ["exact-match"], FIGURE);
    for (const call of [listening, ...figures]) {
      assert.doesNotMatch(await session.run("looking", call), /Error/);
    }
  }));

Deno.test("a class that was declared anew gets no figures of the older one", () =>
  afterGoodRun(async (session) => {
    await session.run("implementation", loudnessModel("if (path === '') return path as any;\n"));
    const message = /StaleRunError: Expected a model of the class Loudness as it is now but step 4/;
    await refuse(session, ["save", ...RESULTS, "predict"], message);
    await session.run("instance");
    await refuse(session, ["predict", "save"], /^(?!.*Error)/s);
    await refuse(session, ["exact-match"], FIGURE);
  }));

Deno.test("another data set of step 1 alone gets no figures of the one before", () =>
  afterGoodRun(async (session) => {
    const other = join(session.root, "other");
    const wav = Deno.readFileSync(join(PROJECT, "data/qvim-mini/Items/bark/bark_1.wav"));
    writeFiles(other, {
      "DEV Dataset.csv":
        "t\nLabel,Class,Items,Query 1,Query 2,Query 3\nb,b,i.wav,q.wav,,\nb,b,j.wav,r.wav,,\n",
      "Items/b/i.wav": wav,
      "Items/b/j.wav": wav.map((byte, i) => i > 44 && i % 2 === 0 ? byte + 1 : byte),
      "Queries/b/q.wav": wav,
      "Queries/b/r.wav": wav,
    });
    await session.run("paths", paths(session.root, other));
    const message = /StaleRunError: Expected DATA_PATH to be \.\/data\/qvim-mini, as when this run/;
    await refuse(session, ["list-files", "predict", "save", ...RESULTS], message);
    for (const id of ALL.slice(ALL.indexOf("make-folders"))) {
      assert.doesNotMatch(await session.run(id), /Error/, id);
    }
    assert.match(await session.run("list-files"), /^Data set: .*other\n.*: 2\n.*: 2\n/s);
    // The sounds are listed anew: what was made of the former ones is gone.
    await refuse(session, RESULTS, /StaleRunError: Expected (saved scores|figures) of this run/);
  }));

Deno.test("scores that somebody else has written get no figures", () =>
  afterGoodRun(async (session) => {
    const path = join(session.root, "output", "similarities.json");
    Deno.writeTextFileSync(path, Deno.readTextFileSync(path).replaceAll("0.9", "0.1"));
    const message = /StaleRunError: Expected the scores of this run in .* but somebody has written/;
    await refuse(session, ["exact-match"], message);
    await refuse(session, ["save"], /^(?!.*Error)/s);
    await refuse(session, ["exact-match"], FIGURE);
  }));

Deno.test("cells that ran since the scores were made are told of, beside the figures", () =>
  afterGoodRun(async (session) => {
    await session.run("setup", "const A = 1;");
    const shown = await session.run("exact-match");
    assert.match(
      shown,
      /^Since the model made these scores, another cell has run: the figures are/,
    );
    assert.match(shown, FIGURE);
    const predicted = await session.run("predict");
    assert.match(
      predicted,
      /^Since step 4 made the model, another cell has run: it knows nothing of/,
    );
    await session.run("save");
    assert.doesNotMatch(await session.run("exact-match"), /Since the model/);
    await session.run("instance");
    assert.doesNotMatch(await session.run("predict"), /Since step 4/);
  }));

Deno.test("a step that fails once its run is under way gets no figures of what was there before", () =>
  afterGoodRun(async (session) => {
    const message =
      /StaleRunError: Expected all cells of this run to have run .* look at the steps/;
    for (const id of ["setup", "implementation", "instance"]) {
      await session.run(id, "const a = ;");
      // As "Run Selected Cell and All Below": what it was to change is as it was, and nothing is red.
      for (const later of ALL.slice(ALL.indexOf(id) + 1, ALL.indexOf("list-files"))) {
        assert.equal(await session.run(later), "");
      }
      const shown: string[] = [];
      for (const later of ALL.slice(ALL.indexOf("list-files"))) {
        shown.push(await session.run(later));
      }
      assert.doesNotMatch(shown.join("\n"), /MRR|NDCG/, id);
      assert.match(shown.join("\n"), message, id);
      for (const later of ALL.slice(ALL.indexOf("make-folders"))) {
        assert.doesNotMatch(await session.run(later), /Error/, later);
      }
    }
  }));

Deno.test("figures that are shown right after a step has failed are taken back", () =>
  afterGoodRun(async (session) => {
    for (const shown of RESULTS) {
      await session.run("implementation", "class {");
      const message = /^StaleRunError: Expected all cells of this run to have run to their ends/;
      await refuse(session, [shown, "exact-match", "save"], message);
      for (const id of ALL.slice(ALL.indexOf("make-folders"))) {
        assert.doesNotMatch(await session.run(id), /Error/, id);
      }
    }
  }));

Deno.test("a fixed cell that failed for its model's sake is no step that has failed", () =>
  afterGoodRun(async (session) => {
    const throwing = 'const QBVIM_MODEL = { computeSimilarities() { throw new Error("no"); } };';
    await session.run("instance", throwing);
    await refuse(session, ["predict"], /^Error: no/);
    await refuse(
      session,
      ["save", ...RESULTS],
      /^StaleRunError: Expected (saved )?(scores|figures)/,
    );
    await session.run("instance");
    await refuse(session, ["predict", "save"], /^(?!.*Error)/s);
    await refuse(session, ["exact-match"], FIGURE);
  }));

Deno.test("cells in an odd order say what is to be run first", () =>
  afterGoodRun(async (session) => {
    await session.run("make-folders");
    await refuse(session, RESULTS, /StaleRunError: Expected (saved scores|figures) of this run/);
    await refuse(session, ["save"], /StaleRunError: Expected scores of this run/);
    await refuse(session, ["predict"], /StaleRunError: Expected the files of this run but found/);
    await refuse(session, ["list-files"], /StaleRunError: Expected the steps 1 to 4 to have run/);
  }));

Deno.test("a model that never answers is told of, and one that fails as before", () =>
  withFolder(async (root) => {
    // Outside of a notebook: the kernel takes half a minute to give such a cell up.
    const run = new NotebookRun();
    let model: unknown;
    const ask = (computeSimilarities: () => Promise<never>) => {
      model = { computeSimilarities };
      return run.predict(() => model);
    };
    run.start(
      () => ({ ROOT_PATH: root, DATA_PATH: join(PROJECT, "data", "qvim-mini") }),
      () => undefined,
    );
    run.listFiles({ checkSteps: false });
    ask(() => new Promise(() => {}));
    await assert.rejects(run.save(), {
      name: "StaleRunError",
      message:
        "Expected scores of this run but the model has neither given scores nor failed: it " +
        "waits for a promise that nothing settles, and Deno ends such a cell without a word",
    });
    await assert.rejects(run.evaluate(), /^StaleRunError: Expected saved scores .* nor failed: it/);
    for (
      const fail of [() => Promise.reject(Error("no")), () => {
        throw Error("no");
      }]
    ) {
      await assert.rejects(ask(fail), /no/);
      await assert.rejects(run.save(), /there are none: look at the first cell above that failed$/);
    }
  }));

Deno.test("a run does not begin where a path of step 1 can be no folder, and makes none of that name", () =>
  withFolder((root) => {
    const file = join(root, "file");
    Deno.writeTextFileSync(file, "");
    const start = (ROOT_PATH: string, DATA_PATH: string) => () =>
      new NotebookRun().start(() => ({ ROOT_PATH, DATA_PATH }), () => undefined);
    const thrown = (message: string) => ({ name: "StaleRunError", message });
    const expected = "to a folder's path but found";
    assert.throws(
      start("~/project", root),
      thrown(
        `Expected step 1 to set ROOT_PATH ${expected} ~/project: only a shell knows what ~ is, ` +
          "write the whole path",
      ),
    );
    assert.throws(
      start(root, file),
      thrown(`Expected step 1 to set DATA_PATH ${expected} a file at ${file}`),
    );
    start(root, join(root, "not yet there"))();
  }));

Deno.test("a data set without queries is no work for the model, and files that it lacks are named", () =>
  afterGoodRun(async (session) => {
    const data = join(session.root, "data");
    await new Deno.Command("cp", { args: ["-r", join(PROJECT, "data", "qvim-mini"), data] })
      .output();
    const from = (id: string) => ALL.slice(ALL.indexOf(id));
    const item = join(data, "Items", "bark", "bark_1.wav");
    Deno.renameSync(item, item.replace(".wav", ".WAV"));
    await session.run("paths", paths(session.root, data));
    for (const id of from("make-folders").slice(0, -2)) {
      assert.doesNotMatch(await session.run(id), /Error/, id);
    }
    const source =
      `try { await currentRun.evaluate() } catch (error) { console.log(error.message) }`;
    const shown = await session.run("evaluate", source);
    assert.match(
      shown,
      /^DEV Dataset\.csv names items that there are no \.wav files of: bark_1\.wav\n/,
    );
    assert.match(
      shown,
      /\nExpected a score for the query bark_\d_voice_\d\.wav and the item bark_1\.wav/,
    );

    Deno.removeSync(join(data, "Queries"), { recursive: true });
    for (const id of from("make-folders").slice(0, 4)) await session.run(id);
    const listed = await session.run("list", "void currentRun.listFiles();");
    assert.ok(listed.includes(`There are no .wav files in ${join(data, "Queries")}, or below`));
    assert.match(await session.run("list-files"), /Error: No query files found!/);
    assert.equal(
      await session.run("predict"),
      "StaleRunError: Expected items and queries in DATA_PATH but found 23 items and 0 queries: see " +
        "the cell that lists them",
    );
  }));

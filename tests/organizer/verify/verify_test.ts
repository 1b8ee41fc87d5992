import assert from "node:assert/strict";
import { basename, join, relative, resolve } from "node:path";
import { type Notebook, readNotebook } from "../../../lib/notebook/ipynb.ts";
import { checkNames } from "../../../lib/organizer/verify/file_names.ts";
import type { Finding } from "../../../lib/organizer/verify/findings.ts";
import { verifyNotebooks } from "../../../lib/organizer/verify/verify.ts";
import { listNotebooks } from "../../../lib/organizer/verify/verify_files.ts";
import { composeSubmissions, writeSubmissions } from "../../fixtures/submissions.ts";
import { cli, PROJECT, withFolder, writeFiles } from "../../support.ts";

const TEMPLATE = readNotebook(join(PROJECT, "notebooks", "template.ipynb"));

async function verify(notebook: Notebook, path = join(PROJECT, "team_1.ipynb")) {
  const options = { template: TEMPLATE, packageFolder: PROJECT, types: false };
  return (await verifyNotebooks([{ notebook, path }], options))[0];
}

/** The template with code in one of its TODO cells. */
function withCode(id: "setup" | "implementation" | "instance", code: string): Notebook {
  const notebook = structuredClone(TEMPLATE);
  const cell = notebook.cells.find((cell) => cell.id === id)!;
  cell.source = `${cell.source.split("\n")[0]}\n${code}`;
  return notebook;
}

/** `rule severity line`, for each finding. */
function brief(findings: Finding[]): string[] {
  return findings.map(({ rule, severity, line }) => `${rule} ${severity} ${line}`);
}

const EXPECTED: Record<string, string[]> = {
  dft_1: [],
  mobilenet_1: [],
  loudness_1: [],
  metric_1: ["fixed-cell violation 22:2"],
  extra_1: ["cells violation 21:-"],
  answers_1: ["ground-truth violation 14:8", "names-of-files warning 14:16"],
  names_1: [
    "names-of-files warning 14:8",
    "names-of-files warning 14:17",
    "unclear warning 14:4",
  ],
  writer_1: ["output-folder violation 16:4", "output-folder violation 16:5"],
  alias_1: ["working-directory violation 12:5", "types warning 12:5"],
  endless_1: [],
  memory_1: [],
};

Deno.test("verify finds in eleven submissions what is wrong with each, and nothing in the package's own", async () => {
  const submissions = Object.entries(composeSubmissions()).filter(([name]) => name in EXPECTED)
    .map(([name, notebook]) => ({ notebook, path: join(PROJECT, `${name}.ipynb`) }));
  assert.equal(submissions.length, 11);
  const own = ["notebooks/template.ipynb", "notebooks/baseline_2dft.ipynb", "submission.ipynb"]
    .map((name) => join(PROJECT, name)).map((path) => ({ notebook: readNotebook(path), path }));
  const typed = {
    notebook: withCode("implementation", `\nconst n: number = "x";`),
    path: join(PROJECT, "typed_1.ipynb"),
  };
  const notebooks = [...submissions, ...own, typed];
  // Types are checked of all at once, which takes no longer than of one.
  const options = { template: TEMPLATE, packageFolder: PROJECT, types: true };
  const all = await verifyNotebooks(notebooks, options);
  const expected = [
    ...submissions.map(({ path }) => EXPECTED[basename(path, ".ipynb")]),
    ...own.map(() => []),
    ["types warning 14:3"],
  ];
  all.forEach((findings, i) => {
    assert.deepEqual(
      findings.map(({ rule, severity, cell, line }) =>
        `${rule} ${severity} ${cell}:${line ?? "-"}`
      ),
      expected[i],
      `${notebooks[i].path}: ${JSON.stringify(findings, null, 2)}`,
    );
  });
  assert.match(all.at(-1)![0].message, /^TS2322: /);
});

Deno.test("verify shows how a fixed cell differs, and forgives line endings and trailing spaces", async () => {
  const notebook = structuredClone(TEMPLATE);
  const cell = notebook.cells.find(({ id }) => id === "predict")!;
  cell.source = cell.source.replaceAll("\n", "  \r\n") + "\n";
  assert.deepEqual(await verify(notebook), []);
  cell.source = cell.source.replace("await", "/* quick */ await");
  const [finding, ...others] = await verify(notebook);
  assert.equal(others.length, 0);
  assert.equal(finding.rule, "fixed-cell");
  assert.match(finding.diff!, /^-const scores = await .*\n\+const scores = \/\* quick \*\/ await/m);
});

Deno.test("verify tells cells that were moved, removed, added, and changed in type from each other", async () => {
  const change = async (edit: (notebook: Notebook) => void) => {
    const notebook = structuredClone(TEMPLATE);
    edit(notebook);
    return (await verify(notebook)).filter(({ rule }) => rule === "cells" || rule === "todo-line");
  };
  const at = (id: string) => TEMPLATE.cells.findIndex((cell) => cell.id === id);
  const moved = await change(({ cells }) => cells.splice(1, 0, ...cells.splice(at("save"), 1)));
  assert.deepEqual(moved.map(({ message }) => message), [`moved here from cell ${at("save") + 1}`]);
  const gone = await change(({ cells }) => cells.splice(at("step-3"), 1));
  assert.match(gone[0].message, /^cell 13 of the template is missing: "# Step 3/);
  const typed = await change(({ cells }) => {
    cells[at("save")].cell_type = "raw";
  });
  assert.deepEqual(typed.map(({ message }) => message), [
    "expected a code cell but found a raw cell",
  ]);
  const todo = await change(({ cells }) => {
    cells[at("setup")].source = "// my own project\n";
  });
  assert.deepEqual(todo.map(({ rule, cell, line }) => [rule, cell, line]), [["todo-line", 12, 1]]);
});

Deno.test("verify tells of cells that may fail without ending the run", async () => {
  const notebook = structuredClone(TEMPLATE);
  for (const id of ["implementation", "save", "title"]) {
    notebook.cells.find((cell) => cell.id === id)!.metadata = { tags: ["raises-exception"] };
  }
  const of = ({ cell, rule, severity }: Finding) => `${cell} ${rule} ${severity}`;
  assert.deepEqual((await verify(notebook)).map(of), ["14 cells warning", "20 cells violation"]);
});

/** Code that breaks a rule, with what must be found of it; line 1 is the TODO line. */
const TRICKS: [code: string, ...expected: string[]][] = [
  [`Deno.chdir("/");`, "working-directory violation 2"],
  [`const { chdir: go } = Deno;\ngo("/");`, "working-directory violation 3"],
  [`const d = Deno; d["ch" + "dir"]("/");`, "working-directory violation 2"],
  ["const k = `ch${'dir'}`;\nglobalThis.Deno[k]('/');", "working-directory violation 3"],
  [
    `const tools = { go: Deno.chdir };\ntools.go("/");`,
    "working-directory violation 2",
    "working-directory violation 3",
  ],
  [`(0, globalThis["De" + "no"]).chdir("/");`, "working-directory violation 2"],
  [
    `Reflect.get(Deno, ["ch", "dir"].join(""))("/");`,
    "unclear warning 2",
    "working-directory violation 2",
  ],
  [`import { chdir } from "node:process";\nchdir("/");`, "working-directory violation 3"],
  [
    `let f = console.log as (x: string) => void;\nf = Deno.chdir;\nf("/");`,
    "working-directory violation 3",
    "working-directory violation 4",
  ],
  [`const pick = (o: object) => o;\npick(Deno);`, "unclear warning 3"],
  [`const k = prompt()!;\n(Deno as any)[k]();`, "unclear warning 2", "unclear warning 3"],
  [`new Deno.Command("ls").outputSync();`, "processes violation 2"],
  [
    `import { execSync as x } from "node:child_process";\nx("ls");`,
    "processes violation 2",
    "processes violation 3",
  ],
  [
    `const cp = await import("node:" + "child_process");\ncp.execSync("ls");`,
    "processes violation 2",
    "processes violation 3",
  ],
  [`await fetch("http://localhost/");`, "network violation 2"],
  [`await wgetDownload("a", "http://localhost/", "b");`, "network violation 2"],
  [`import x from "https://example.org/x.js";`, "network violation 2"],
  [`await import("https://example.org/x.js");`, "eval violation 2"],
  [`await import("data:text/javascript,1");`, "eval violation 2"],
  [`await import(prompt()!);`, "eval warning 2"],
  [`eval("1");`, "eval violation 2"],
  [`const e = globalThis.eval;\ne("1");`, "eval violation 2", "eval violation 3"],
  [`new Function("return 1")();`, "eval violation 2"],
  [`(async () => {}).constructor("return 1")();`, "eval violation 2"],
  [`setTimeout("1", 0);`, "eval violation 2"],
  [`Deno.readTextFileSync("/etc/passwd");`, "paths violation 2"],
  [`Deno.readTextFileSync(join(ROOT_PATH, "..", "secret"));`, "paths violation 2"],
  [`Deno.writeTextFileSync("here.txt", "");`, "paths violation 2"],
  [`Deno.writeTextFileSync(join(DATA_PATH, "x"), "");`, "paths violation 2"],
  [`Deno.makeTempDirSync();`, "paths violation 2"],
  [`Deno.makeTempDirSync({ dir: join(ROOT_PATH, "scratch") });`],
  [`Deno.openSync(join(ROOT_PATH, "output", "x"), { write: true });`, "output-folder violation 2"],
  [`Deno.openSync(join(ROOT_PATH, "output", "x"), { read: true });`],
  [
    `Deno.renameSync(join(ROOT_PATH, "a"), join(ROOT_PATH, "output/b"));`,
    "output-folder violation 2",
  ],
  [`Deno.writeTextFileSync(join(ROOT_PATH, "cache", prompt()!), "");`, "paths warning 2"],
  [`Deno.writeTextFileSync(join(ROOT_PATH, prompt()!), "");`, "output-folder warning 2"],
  [`Deno.readTextFileSync(prompt()!);`, "paths warning 2"],
  [`Deno.readTextFileSync(join(ROOT_PATH, "weights.json"));`],
  [`readGroundTruth(DATA_PATH);`, "ground-truth violation 2"],
  ["const t = `${DATA_PATH}/DEV Dataset.csv`;", "ground-truth violation 2"],
  [`const t = "answers.csv";`, "ground-truth warning 2"],
  [`JSON.stringify = () => "{}";`, "patching violation 2"],
  [`Array.prototype.map = null as any;`, "patching violation 2"],
  [`QVIMModel.prototype.computeSimilarities = null as any;`, "patching violation 2"],
  [`(globalThis as any).evaluate = 1;`, "patching violation 2"],
  [`Object.defineProperty(Map.prototype, "get", {});`, "patching violation 2"],
  [`Object.getPrototypeOf([]).map = 1;`, "patching warning 2"],
  [`const evaluate = () => 1;`, "patching violation 2"],
  [`itemFiles.length = 0;`, "patching violation 2"],
  [`class A { x = 1; set(y: number) { this.x = y; } }\nconst a = new A();\na.x = 2;`],
  [`import { readWav } from "qvim";\nreadWav(join(DATA_PATH, "Items/x.wav"));`],
  [`const x = 1;\n{ const x = 2; console.log(x); }`],
];

for (const [code, ...expected] of TRICKS) {
  Deno.test(`verify of ${code.replaceAll("\n", " ")}`, async () => {
    const findings = await verify(withCode("implementation", code));
    assert.deepEqual(brief(findings).sort(), expected.sort(), JSON.stringify(findings, null, 2));
  });
}

Deno.test("verify lets the set-up cell fetch and install, and nothing more", async () => {
  const setup = async (code: string) => brief(await verify(withCode("setup", code)));
  assert.deepEqual(await setup(`await wgetDownload("a", "https://example.org/a", "b");`), []);
  assert.deepEqual(await setup(`new Deno.Command("npm", { args: ["install", "x"] });`), []);
  assert.deepEqual(await setup(`new Deno.Command("sh", { args: ["-c", "x"] });`), [
    "processes violation 2",
  ]);
  assert.deepEqual(await setup(`new Deno.Command(prompt()!);`), ["processes warning 2"]);
});

Deno.test("verify follows local modules that a notebook imports, and what they export again", () =>
  withFolder(async (folder) => {
    Deno.writeTextFileSync(join(folder, "inner.ts"), `export const go = Deno.chdir;\n`);
    Deno.writeTextFileSync(
      join(folder, "tools.ts"),
      `export { go as away } from "./inner.ts";\nexport const safe = 1;\nexport default eval;\n`,
    );
    const notebook = withCode(
      "implementation",
      `import { away, safe } from "./tools.ts";\naway("/");\nconsole.log(safe);\n` +
        `await import("./nowhere.ts");`,
    );
    const findings = await verify(notebook, join(folder, "team_1.ipynb"));
    const lines = findings.map(({ rule, severity, line, file }) =>
      `${rule} ${severity} ${file === undefined ? "" : file.slice(folder.length + 1)}:${line}`
    );
    assert.deepEqual(lines.sort(), [
      "eval violation tools.ts:3",
      // It is not handed in.
      "unclear warning :2",
      "unclear warning :5",
      "working-directory violation :3",
      "working-directory violation inner.ts:1",
    ]);
  }));

Deno.test("verify says where a cell is no TypeScript", async () => {
  const findings = await verify(withCode("implementation", "const = 3;"));
  assert.deepEqual(brief(findings), ["syntax violation 2"]);
});

Deno.test("checkNames() asks for the team and a number, and for at most three of a team", () => {
  const found = checkNames(["a_1.ipynb", "a_2.ipynb", "a_3.ipynb", "a_b_4.ipynb", "final.ipynb"]);
  assert.deepEqual([...found].filter(([, f]) => f.length > 0).map(([name]) => name), [
    "final.ipynb",
  ]);
  // Some systems write endings in capitals.
  assert.deepEqual([...checkNames(["a_1.IPYNB"]).values()], [[]]);
  const many = checkNames(["a_1.ipynb", "a_2.ipynb", "a_3.ipynb", "a_4.ipynb"]);
  assert.ok([...many.values()].every(([finding]) => finding.rule === "too-many"));
});

Deno.test("deno task verify prints nothing that a terminal would obey, and no more than is read", () =>
  withFolder(async (folder) => {
    const notebook = withCode(
      "implementation",
      'Deno.readTextFileSync(join(ROOT_PATH, "a\\u001b]0;title\\u0007\\u202e"));\n' +
        'Deno.readTextFileSync("/etc/\\u009b31m\\u061c");\n' +
        Array.from({ length: 300 }, (_, i) => `Deno.readFileSync(join(ROOT_PATH, "${i}"));`).join(
          "\n",
        ),
    );
    notebook.cells[0].source = `x\u001b[2J${"y".repeat(100_000)}`;
    notebook.cells[11].source = `// ${"z".repeat(100_000)}\u001b[2J`;
    const path = join(folder, "a\u001b[31m_1.ipynb");
    Deno.writeTextFileSync(path, JSON.stringify(notebook));
    const { stdout, code } = await cli(["verify", "--no-types", path]);
    assert.equal(code, 1);
    // deno-lint-ignore no-control-regex -- they are what is looked for
    assert.doesNotMatch(stdout, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u202e]/);
    assert.match(stdout, /and 202 more$/m);
    assert.ok(stdout.length < 100_000, `${stdout.length}`);
  }));

Deno.test("deno task verify prints a table, or JSON, and exits with 1 where a rule is broken", () =>
  withFolder(async (folder) => {
    writeSubmissions(folder, ["writer_1", "loudness_1"]);
    const broken = join(folder, "writer_1.ipynb"), good = join(folder, "loudness_1.ipynb");
    const table = await cli(["verify", "--no-types", broken, good]);
    assert.equal(table.code, 1);
    assert.match(table.stdout, /writer_1\.ipynb: 2 violations, 0 warnings/);
    assert.match(table.stdout, /✗ {2}output-folder {2}16 {4}5 .*ROOT_PATH\/output\/notes\.txt/);
    assert.match(table.stdout, /loudness_1\.ipynb: nothing found/);
    assert.match(table.stdout, /^2 notebooks: 1 clean, 0 to look at, 1 against a rule$/m);
    assert.match(table.stdout, /^The types were not checked\.$/m);
    const json = await cli(["verify", "--no-types", "--json", good]);
    assert.equal(json.code, 0);
    assert.deepEqual(JSON.parse(json.stdout), {
      [good]: { result: "clean", powers: [], findings: [] },
    });
  }));

Deno.test("deno task verify tells what is not there from what breaks a rule", () =>
  withFolder(async (folder) => {
    writeSubmissions(folder, ["loudness_1"]);
    const good = join(folder, "loudness_1.ipynb"), missing = join(folder, "loudnes_1.ipynb");
    const mistyped = await cli(["verify", "--no-types", good, missing]);
    assert.deepEqual(mistyped, {
      code: 2,
      stdout: "",
      stderr:
        "NotebookError: Expected a notebook, or a folder of notebooks, but found nothing at " +
        `${missing}\n`,
    });
    Deno.mkdirSync(join(folder, "empty"));
    const empty = await cli(["verify", join(folder, "empty")]);
    assert.equal(empty.code, 2);
    assert.match(empty.stderr, /^NotebookError: Expected notebooks in .*empty but found none$/m);
  }));

Deno.test("listNotebooks() says which notebooks lie further in, and where a folder has no others", () =>
  withFolder((folder) => {
    // What Jupyter keeps beside a notebook is nobody's submission.
    for (const place of ["a", "b/c", ".ipynb_checkpoints", "a/.ipynb_checkpoints", "none"]) {
      writeFiles(folder, { [`${place}/${place === "none" ? "x.txt" : "x_1.ipynb"}`]: "{}" });
    }
    const paths = [join("a", "x_1.ipynb"), join("b", "c", "x_1.ipynb")];
    const listed = (...names: string[]) => {
      const said: string[] = [];
      const found = listNotebooks(
        names.map((name) => join(folder, name)),
        (line) => said.push(line),
      );
      return [Array.from(found.keys(), (path) => path.slice(folder.length + 1)), said];
    };
    const further = `2 notebooks further in (a, ${join("b", "c")}): name their folders`;
    assert.throws(() => listed(""), {
      name: "NotebookError",
      message: `Expected notebooks in ${folder} but found ${further}`,
    });
    writeFiles(folder, { "y_1.ipynb": "{}" });
    assert.deepEqual(listed(""), [["y_1.ipynb"], [`Left out below ${folder}: ${further}`]]);
    assert.deepEqual(listed("", "a", join("b", "c")), [["y_1.ipynb", ...paths], []]);
    // However they are named, and however often.
    const said: string[] = [];
    const a = join(relative(Deno.cwd(), folder), "a");
    const named = [folder, a, join(folder, "b", "c"), join(folder, paths[0]), join(a, "x_1.ipynb")];
    const found = listNotebooks(named, (line) => said.push(line));
    assert.deepEqual(Array.from(found.keys(), (path) => resolve(path)), [
      join(folder, "y_1.ipynb"),
      ...paths.map((path) => join(folder, path)),
    ]);
    assert.deepEqual(said, []);
    // Teams name their folders.
    writeFiles(folder, { "d\u202e/z_1.ipynb": "{}", "d\u202e/in/z_1.ipynb": "{}" });
    const [, [told]] = listed("d\u202e");
    assert.equal(
      told,
      `Left out below ${join(folder, "d")}: 1 notebook further in (in): name their folders`,
    );
  }));

Deno.test({
  name: "deno task verify takes a link that leads nowhere for what somebody has handed in",
  // There links need rights of their own.
  ignore: Deno.build.os === "windows",
  fn: () =>
    withFolder(async (folder) => {
      writeSubmissions(folder, ["loudness_1"]);
      const good = join(folder, "loudness_1.ipynb");
      const gone = join(folder, "gone_1.ipynb"), circle = join(folder, "circle_1.ipynb");
      Deno.symlinkSync("elsewhere", gone);
      Deno.symlinkSync(circle, circle);
      const { code, stdout } = await cli(["verify", "--no-types", gone, circle, good]);
      assert.equal(code, 1);
      assert.match(stdout, /gone_1\.ipynb: 1 violation/);
      assert.match(stdout, /circle_1\.ipynb: 1 violation.*\n[^]*links lead in a circle/);
      assert.match(stdout, /^3 notebooks: 1 clean, 0 to look at, 2 against a rule$/m);
    }),
});

/** Ways around the rules, none of which may pass as clean, and honest work, which breaks no rule. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { composeNotebook, readTemplate, type TodoCells } from "../../../lib/organizer/template.ts";
import { verdictOf } from "../../../lib/organizer/verify/findings.ts";
import { inspectNotebooks, verifyNotebooks } from "../../../lib/organizer/verify/verify.ts";
import { PROJECT } from "../../support.ts";

const TEMPLATE = readTemplate();
const OPTIONS = { template: TEMPLATE, packageFolder: PROJECT, types: false };
const PATH = join(PROJECT, "team_1.ipynb");

async function verify(cells: TodoCells) {
  const notebook = composeNotebook(TEMPLATE, cells);
  const [findings] = await verifyNotebooks([{ notebook, path: PATH }], OPTIONS);
  return { findings, verdict: verdictOf(findings) };
}

const CSV = 'atob("REVWIERhdGFzZXQuY3N2")';
const ATTACKS: [what: string, cells: TodoCells | string][] = [
  ["a built-in module", 'process.getBuiltinModule("node:child_process").execSync("ls");'],
  ["a built-in module by import", 'import p from "node:process"; p.getBuiltinModule("node:fs");'],
  ["sqlite", 'import { DatabaseSync } from "node:sqlite"; new DatabaseSync("/tmp/x");'],
  [
    "a computed key in a destructuring",
    'const {[atob("Q29tbWFuZA==")]: f} = Deno as any; new f("ls");',
  ],
  ["a computed key in an assignment", 'let f; ({[atob("Q29tbWFuZA==")]: f} = Deno as any);'],
  ["the rest of a power", "const { version, ...rest } = Deno;"],
  [".constructor without a call", 'const F = (() => {}).constructor; (F as any)("return 1")();'],
  ["constructor by destructuring", "const { constructor: F } = () => {};"],
  ["constructor by a built name", '(() => {})["construc" + atob("dG9y")]("return 1")();'],
  ["constructor by a joined name", '(() => 0)[["const", "ructor"].join("") as any]("return 1")();'],
  ["a reader handed on", "const texts = [DATA_PATH].map(Deno.readTextFileSync as any);"],
  [
    "a reader of node handed on",
    'import { readFileSync } from "node:fs";\n[1].map(readFileSync as any);',
  ],
  ["a reader in an object", "const o = { r: Deno.readTextFileSync }; o.r(String(1));"],
  [
    "a parameter as a path",
    `function get(p: string) { return Deno.readTextFileSync(p); }\nget(DATA_PATH + "/" + ${CSV});`,
  ],
  [
    "a default parameter as a path",
    `const get = (p = DATA_PATH + ${CSV}) => Deno.readTextFileSync(p); get();`,
  ],
  [
    "a method's parameter as a path",
    `class A { r(p: string) { return Deno.readTextFileSync(p); } }\nnew A().r(${CSV});`,
  ],
  ["a getter's path", `const o = { get p() { return ${CSV}; } };\nDeno.readTextFileSync(o.p);`],
  ["a class field's path", `class A { p = ${CSV}; r() { return Deno.readTextFileSync(this.p); } }`],
  [
    "a generator's path",
    `function* g() { yield ${CSV}; }\nfor (const p of g()) Deno.readTextFileSync(p);`,
  ],
  ["a prototype that is reached", "(Object.getPrototypeOf(new Map()) as any).set = 1;"],
  ["a prototype under another name", "const p = Object.getPrototypeOf(new Map()); p.set = 1;"],
  ["__proto__", "(new Map() as any).__proto__.set = 1;"],
  ["a shared object in a list", "([JSON].at(0) as any).stringify = 1;"],
  ["a shared object from a function", "const j = () => JSON; (j() as any).stringify = 1;"],
  ["a list of the data", "for (const e of Deno.readDirSync(DATA_PATH)) console.log(e.name);"],
  ["what a list of the data names", "Deno.readTextFileSync(join(DATA_PATH, String(1)));"],
  [
    "a forged figure",
    'await Deno.jupyter.broadcast("stream", { name: "stdout", text: "MRR" } as any);',
  ],
  ["a forged figure by display", "await Deno.jupyter.display({} as any);"],
  ["a file that is fetched", { setup: 'await fetch("file:///etc/passwd");' }],
  ["an address that can't be told", { setup: 'await fetch(atob("ZmlsZTovLy8="));' }],
  ["a text import", 'import t from "./data/x.csv" with { type: "text" };'],
  ["an import with options", 'await import("./x.txt", { with: { type: "text" } });'],
  ["Reflect", 'Reflect.apply(Deno.chdir, null, ["/"]);'],
  ["Reflect.get by a hidden name", 'Reflect.get(Deno, atob("Y2hkaXI="));'],
  ["a Proxy of a power", "const d = new Proxy(Deno, {});"],
  ["the whole runtime in a spread", "const d = { ...Deno };"],
  ["the whole runtime as an argument", "console.log(Object.values(Deno));"],
  ["the global object in a list", "const g = [globalThis][0];"],
  ["the global object's values", "Object.entries(globalThis);"],
  ["import.meta handed on", "const m = [import.meta];"],
  ["WebAssembly", "new WebAssembly.Module(new Uint8Array());"],
  ["a worker", 'new Worker("data:text/javascript,1");'],
  ["the run of the fixed cells", "currentRun.evaluate = (() => ({ mrr: 1 })) as any;"],
  [
    "the run of the fixed cells, renamed",
    'import { currentRun as r } from "qvim"; r.evaluation();',
  ],
  ["a package with powers", 'import { execa } from "npm:execa"; await execa("ls");'],
  ["dynamic library", 'Deno.dlopen("libc.so", {});'],
  ["Deno's own internals", "(Deno as any)[(Deno as any).internal];"],
  ["a key-value store", "await Deno.openKv();"],
  ["process.binding", '(process as any).binding("fs");'],
  ["an environment that runs code", 'import vm from "node:vm"; vm.runInThisContext("1");'],
  ["optional chaining", '(Deno as any)?.["ch" + "dir"]?.("/");'],
  ["unicode escapes", 'D\\u0065no.ch\\u0064ir("/");'],
  ["a comma", '(0, Deno.chdir)("/");'],
  ["a label and a block", 'a: { const { chdir } = Deno; chdir("/"); break a; }'],
  ["call and bind", 'Deno.chdir.bind(null, "/").call(null);'],
  ["an async function", '(async () => { const d = await Deno; d.chdir("/"); })();'],
  [
    "something of the package by a hidden name",
    'import * as q from "qvim"; (q as any)[atob("eA==")];',
  ],
  ["a power in a default", "const { a = Deno } = {} as any; a.chdir('/');"],
  ["a power that is thrown", "try { throw Deno; } catch (d) { (d as any).chdir('/'); }"],
  ["a power in a text", "const tag = (_: any, d: any) => d.chdir('/');\ntag`${Deno}`;"],
  ["a static block", "class A { static { Deno.chdir('/'); } }"],
  ["a descriptor", 'Object.getOwnPropertyDescriptor(globalThis, "Deno")!.value.chdir("/");'],
  ["the environment that is changed", 'Deno.env.set("PATH", "/tmp");'],
  ["the helpers' root", 'setRootPath("/");'],
  ["what the browser stores", 'localStorage.setItem("a", "b");'],
  ["an iterator of powers", "for (const d of [Deno] as any[]) d.chdir('/');"],
  ["a symbol of the runtime", '(Deno as any)[Symbol.for("Deno.internal")];'],
  ["eval in a timer", 'setTimeout(eval as any, 0, "1");'],
  ["set-up code that runs later", {
    setup: 'const later = () => fetch("https://example.org/");',
    implementation: "await later();",
  }],
  ["set-up code in a class", {
    setup: 'class Net { go() { return fetch("https://example.org/"); } }',
    implementation: "await new Net().go();",
  }],
  ["set-up code in a timer", { setup: 'setTimeout(() => fetch("https://example.org/"), 60_000);' }],
  ["set-up code in a list", {
    setup: 'const hooks: (() => unknown)[] = [];\nhooks.push(() => fetch("https://example.org/"));',
    implementation: "hooks[0]();",
  }],
  ["lines that editors don't count", `/*${"\u2028".repeat(300)}*/ Deno.chdir("/");`],
  ["cells joined by a comment", { setup: "/* ", implementation: '*/ Deno.chdir("/");' }],
  ["cells joined by a text", { setup: "const t = `", implementation: '`; Deno.chdir("/");' }],
  ["a class that is declared twice", 'class A {}\nclass A {}\nDeno.chdir("/");'],
  ["a shared object in a list that is assigned to", "[JSON.stringify] = [1 as any];"],
  ["a shared object in a pattern", "({ a: JSON.stringify } = { a: 1 as any });"],
  ["a shared object in a loop's head", "for (JSON.stringify of [() => '']);"],
  ["a fixed cell's variable in a pattern", "[itemFiles.length] = [0];"],
  ["a power in a namespace", "namespace N { export const d = Deno; }\nN.d.chdir('/');"],
  ["an import of old", 'import fs = require("fs");'],
  ["what parses nowhere", "class { const }"],
];

for (const [what, cells] of ATTACKS) {
  Deno.test(`verify does not call clean: ${what}`, async () => {
    const code = typeof cells === "string" ? { implementation: cells } : cells;
    const { verdict, findings } = await verify(code);
    assert.notEqual(verdict, "clean");
    for (const { cell } of findings) {
      assert.ok(cell === undefined || [9, 12, 14, 16].includes(cell));
    }
  });
}

const MODEL = `class M extends EmbeddingModel {
  embedItem(path: string) { return Float32Array.from(readWav(path).samples.slice(0, 8)); }
  embedQuery(path: string) { return this.embedItem(path); }
}`;
/** Honest work, and what of it may be shown: the powers that it names. */
const HONEST: [what: string, cells: TodoCells | string, shown?: RegExp][] = [
  ["a plain model", MODEL],
  [
    "settings of a package",
    `import Meyda from "npm:meyda@5.6.3";\nMeyda.bufferSize = 1024;\n${MODEL}`,
  ],
  [
    "settings further in",
    `import { env } from "npm:@huggingface/transformers@3";\nenv.allowRemoteModels = false;\n${MODEL}`,
  ],
  ["settings of ONNX", `import * as ort from "npm:onnxruntime-web";\nort.env.wasm.numThreads = 1;`],
  ["decorators", "const log = (f: any, _c: any) => f;\nclass A { @log run() { return 1; } }"],
  ["accessors", "class A { accessor x = 1; }"],
  [
    "a JSON import",
    'import config from "./deno.json" with { type: "json" };\nconsole.log(config);',
  ],
  [
    "a few of the paths",
    `class M extends QVIMModel {
  computeSimilarities(items: SoundPaths, queries: SoundPaths) {
    const paths = Object.values(items).slice(0, 8);
    console.log(readWav(paths[0]).samples.length, Object.keys(queries).includes(paths[0]));
    return {} as Similarities;
  }
}`,
  ],
  ["a temporary file below the root", 'Deno.makeTempFileSync({ dir: join(ROOT_PATH, "tmp") });'],
  ["whether something is there", 'if (existsSync(".")) console.log(1);'],
  ["methods of one's own class", "class A {}\n(A.prototype as any).f = () => 1;"],
  [
    "a root that is set in a constructor",
    `class M { root: string; constructor() { this.root = join(ROOT_PATH, "cache"); }
  load() { return Deno.readTextFileSync(join(this.root, "w.json")); } }`,
  ],
  [
    "a root that a constructor is given",
    `class M { root: string; constructor(root: string) { this.root = root; }
  load() { return Deno.readTextFileSync(join(this.root, "w.json")); } }
const m = new M(ROOT_PATH);`,
  ],
  [
    "a module of the clone",
    "const { Model } = await import(`${ROOT_PATH}/repo/mod.ts`);",
    /imports .*repo[\\/]mod\.ts, which is not here/,
  ],
  [
    "a module of the clone, by its address",
    `import { pathToFileURL } from "node:url";
const { Model } = await import(pathToFileURL(join(ROOT_PATH, "repo", "mod.ts")).href);`,
    /imports .*repo[\\/]mod\.ts, which is not here/,
  ],
  [
    "a helper that reads",
    `function load(p: string) { return readWav(p); }
class M extends EmbeddingModel {
  embedItem(path: string) { return load(path).samples; }
  embedQuery(path: string) { return load(path).samples; }
}`,
  ],
  [
    "weights below the root",
    'const w = JSON.parse(Deno.readTextFileSync(join(ROOT_PATH, "w.json")));',
  ],
  ["a cache below the root", 'Deno.writeTextFileSync(join(ROOT_PATH, "cache", "a.json"), "{}");'],
  ["a network of the helpers", { setup: 'await wgetDownload("m", "https://example.org/m", "m");' }],
  ["a download of its own", {
    setup: `const r = await fetch("https://example.org/w.bin");
Deno.writeFileSync(join(ROOT_PATH, "w.bin"), new Uint8Array(await r.arrayBuffer()));`,
  }],
  ["a helper of the set-up", {
    setup: `async function get(name: string) { return await fetch("https://example.org/" + name); }
await get("a");`,
  }, /address/],
  ["numbers and maps", "const m = new Map([[1, 2]]);\nconst k = [...m.keys()].map(Number);"],
  ["scores by name", "const s: Record<string, number> = {};\nfor (const k of ['a']) s[k] = 1;"],
  [
    "indices that are computed",
    "const a = [1, 2, 3];\nconst i = a.length - 1;\nconsole.log(a[i % 2]);",
  ],
  ["the name of a class", "class A { who() { return this.constructor.name; } }"],
  ["a copy", "const a = structuredClone({ b: [1] });\nconst c = JSON.parse(JSON.stringify(a));"],
  ["time and memory", "console.log(performance.now(), Deno.memoryUsage().rss, Deno.build.os);"],
  [
    "hashes",
    'import { createHash } from "node:crypto";\ncreateHash("sha256").update("a").digest();',
  ],
  ["the environment", 'const n = Number(Deno.env.get("N") ?? 1);'],
  ["a table of functions", 'const f = { a: () => 1, b: () => 2 };\nconsole.log(f["a"]());'],
  [
    "tagged texts and generators",
    "function* g() { yield 1; }\nconsole.log([...g()], String.raw`a`);",
  ],
  ["promises", "const all = await Promise.all([1, 2].map((x) => Promise.resolve(x)));"],
  ["another model", 'import { VocalSearch } from "qvim";\nconst base = new VocalSearch();'],
];

for (const [what, cells, shown] of HONEST) {
  Deno.test(`verify finds no violation in honest work: ${what}`, async () => {
    const code = typeof cells === "string" ? { implementation: cells } : cells;
    const { findings } = await verify(code);
    assert.deepEqual(findings.filter(({ severity }) => severity === "violation"), []);
    for (const { message } of findings) assert.match(message, shown ?? /^$/);
  });
}

/** Ways to write a call of `Deno.chdir` so that it is not seen. */
const DISGUISES: ((object: string, key: string) => string)[] = [
  (o, k) => `(${o} as any)["${k.slice(0, 2)}" + "${k.slice(2)}"]("/");`,
  (o, k) => `const d: any = ${o}; d.${k}("/");`,
  (o, k) => `const { ${k}: f }: any = ${o}; f("/");`,
  (o, k) => `Reflect.get(${o}, "${k}")("/");`,
  (o, k) => `const d: any = { ...${o} }; d.${k}("/");`,
  (o, k) => `const h: any = { get d() { return ${o}; } }; h.d.${k}("/");`,
  (o, k) => `class A { d: any = ${o}; } new A().d.${k}("/");`,
  (o, k) => `function* g(): any { yield ${o}; } g().next().value.${k}("/");`,
  (o, k) => `(async () => ${o})().then((d: any) => d.${k}("/"));`,
  (o, k) => `((d: any = ${o}) => d.${k}("/"))();`,
  (o, k) => `l: { (${o} as any).${k}("/"); break l; }`,
  (o, k) => `(0, (${o} as any).${k})("/");`,
  (o, k) => `(${o} as any)?.${k}?.("/");`,
  (o, k) => `(${o.replace("e", "\\u0065")} as any).${k}("/");`,
  (o, k) => `(${o} as any)[[..."${[...k].reverse().join("")}"].reverse().join("")]("/");`,
];

Deno.test("verify sees through fifteen disguises of what breaks a rule", async () => {
  const victims = [["Deno", "chdir"], ["globalThis.Deno", "chdir"], ["Deno", "Command"], [
    "process",
    "chdir",
  ]];
  for (const [object, key] of victims) {
    for (const disguise of DISGUISES) {
      const implementation = disguise(object, key);
      const { verdict } = await verify({ implementation });
      assert.notEqual(verdict, "clean", implementation);
    }
  }
});

Deno.test("verify takes time in proportion to the code", async () => {
  const chain = Array.from({ length: 400 }, (_, i) => `x === ${i} ? ROOT_PATH + "${i}" : `).join(
    "",
  );
  const sums = Array.from({ length: 60 }, (_, i) => `(x ? "${i}" : "a")`).join(" + ");
  const implementation = `const x = 1;\nconst p = ${chain}"z";\nconst q = ${sums};\n` +
    "Deno.readTextFileSync(p); Deno.readTextFileSync(q);";
  const { verdict } = await verify({ implementation });
  assert.notEqual(verdict, "clean");
  const deep = await verify({
    implementation: `const d = ${"[".repeat(20_000)}${"]".repeat(20_000)};`,
  });
  assert.equal(deep.verdict, "breaks a rule");
});

Deno.test("inspectNotebooks() lists the powers that a notebook uses", async () => {
  const notebook = composeNotebook(TEMPLATE, {
    implementation:
      'import { a } from "npm:meyda";\nDeno.readTextFileSync(join(ROOT_PATH, "w.json"));',
  });
  const [{ powers }] = await inspectNotebooks([{ notebook, path: PATH }], OPTIONS);
  assert.deepEqual(powers, ["npm:meyda", "reads ROOT_PATH/w.json"]);
});

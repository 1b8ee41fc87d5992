/** Ways around the rules and honest notebooks, each with what verification must say of it. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { composeNotebook, readTemplate, type TodoCells } from "../../../lib/organizer/template.ts";
import { verdictOf } from "../../../lib/organizer/verify/findings.ts";
import { verifyNotebooks } from "../../../lib/organizer/verify/verify.ts";
import { CONTAINERS } from "../../fixtures/containers.ts";
import { FLOWS } from "../../fixtures/flows.ts";
import { HANDED_ON } from "../../fixtures/handed_on.ts";
import { HONEST, PIECES } from "../../fixtures/honest.ts";
import { keeping, TAKEN_APART } from "../../fixtures/kept_names.ts";
import { ONLY_KEPT } from "../../fixtures/only_kept.ts";
import { STYLES } from "../../fixtures/styles.ts";
import { SYSTEMS } from "../../fixtures/systems.ts";
import { UNSEEN } from "../../fixtures/unseen.ts";
import { MODULES, WAYS } from "../../fixtures/ways_around.ts";
import { PROJECT, withFolder, writeFiles } from "../../support.ts";

const TEMPLATE = readTemplate();
const OPTIONS = { template: TEMPLATE, packageFolder: PROJECT, types: false };

async function verify(cells: TodoCells, folder = PROJECT) {
  const notebook = composeNotebook(TEMPLATE, cells);
  const path = join(folder, "team_1.ipynb");
  return (await verifyNotebooks([{ notebook, path }], OPTIONS))[0];
}

for (const [what, cells] of WAYS) {
  Deno.test(`verify does not call clean: ${what}`, async () => {
    const code = typeof cells === "string" ? { implementation: cells } : cells;
    assert.notEqual(verdictOf(await verify(code)), "clean");
  });
}

Deno.test("verify calls none of the flows clean, and nothing that changes unseen", async () => {
  for (const code of [...FLOWS, ...UNSEEN]) {
    const cells = typeof code === "string" ? { implementation: code } : code;
    // Not beside the package: where that lies at the top of a disk, all is below its ROOT_PATH.
    const folder = join(PROJECT, "notebooks");
    assert.notEqual(verdictOf(await verify(cells, folder)), "clean", JSON.stringify(code));
  }
});

for (const [what, implementation, files] of MODULES) {
  Deno.test(`verify does not call clean: ${what}`, () =>
    withFolder(async (folder) => {
      writeFiles(folder, files);
      assert.notEqual(verdictOf(await verify({ implementation }, folder)), "clean");
    }));
}

Deno.test("verify finds nothing in pieces of honest notebooks", async () => {
  for (const piece of PIECES) {
    const cells = typeof piece === "string" ? { implementation: piece } : piece;
    assert.deepEqual(await verify(cells), [], JSON.stringify(piece));
  }
});

for (const [what, cells] of [...SYSTEMS, ...STYLES]) {
  Deno.test(`verify calls clean: ${what}`, async () => assert.deepEqual(await verify(cells), []));
}

for (const [what, cells, shown] of HONEST) {
  Deno.test(`verify finds nothing wrong with ${what}`, async () => {
    const findings = await verify(cells);
    assert.deepEqual(findings.filter(({ severity }) => severity === "violation"), []);
    for (const { message } of findings) assert.match(message, shown ?? /^$/);
  });
}

Deno.test("verify follows a clone of the notebook's repository where it is there", () =>
  withFolder(async (folder) => {
    writeFiles(folder, {
      "repo/mod.ts": `import { EmbeddingModel } from "qvim";
import { weights } from "./weights.ts";
export class Model extends EmbeddingModel {}
console.log(weights);`,
      "repo/weights.ts":
        `export const weights = JSON.parse(Deno.readTextFileSync(new URL("./w.json", import.meta.url)));`,
      "repo/bad.ts": 'Deno.readTextFileSync(new URL("../../w.json", import.meta.url));',
    });
    const paths = 'const ROOT_PATH = ".";\nconst DATA_PATH = "data";';
    const setup = 'await gitCloneCheckout("repo", "https://example.org/a.git", "main", "1a2b3c4");';
    const of = (name: string) =>
      verify({
        paths,
        setup,
        implementation: `await import(\`\${ROOT_PATH}/repo/${name}\`);`,
      }, folder);
    assert.deepEqual(await of("mod.ts"), []);
    const [{ message, file, severity }] = await of("bad.ts");
    assert.match(message, /reads ROOT_PATH\/\.\.\/w\.json, which is outside ROOT_PATH$/);
    assert.equal(file, join(folder, "repo/bad.ts"));
    assert.equal(severity, "violation");
  }));

/** Ways to write an object so that it is not seen. */
const OBJECTS: ((o: string) => string)[] = [
  (o) => o,
  (o) => `(${o} as any)`,
  (o) => `[${o}][0]`,
  (o) => `({ d: ${o} } as any)["d"]`,
  (o) => `((d: any = ${o}) => d)()`,
  (o) => `new (class { d: any = ${o}; })().d`,
  (o) => `(function* (): any { yield ${o}; })().next().value`,
  (o) => `(await (async () => ${o})() as any)`,
  (o) => `(0, ${o})`,
  (o) => `({ get d(): any { return ${o}; } }).d`,
];

/** Ways to write a call of a method so that it is not seen. */
const CALLS: ((o: string, k: string, a: string) => string)[] = [
  (o, k, a) => `${o}.${k}(${a});`,
  (o, k, a) => `(${o} as any)["${k.slice(0, 2)}" + "${k.slice(2)}"](${a});`,
  (o, k, a) => `const d: any = ${o}; d.${k}(${a});`,
  (o, k, a) => `const { ${k}: f }: any = ${o}; f(${a});`,
  (o, k, a) => `const { [atob("${btoa(k)}")]: f }: any = ${o}; f(${a});`,
  (o, k, a) => `let f: any; ({ ${k}: f } = ${o} as any); f(${a});`,
  (o, k, a) => `Reflect.get(${o} as any, "${k}")(${a});`,
  (o, k, a) => `Reflect.apply(${o}.${k} as any, null, [${a}]);`,
  (o, k, a) => `const d: any = { ...(${o} as any) }; d.${k}(${a});`,
  (o, k, a) => `(${o} as any)?.${k}?.(${a});`,
  (o, k, a) => `((f: any = ${o}.${k}) => f(${a}))();`,
  (o, k, a) => `l: { (${o} as any).${k}(${a}); break l; }`,
  (o, k, a) => `[${a}].map(${o}.${k} as any);`,
  (o, k, a) => `${o}.${k}.call(null, ${a});`,
  (o, k, a) => `class A { static f: any = ${o}.${k}; static { A.f(${a}); } }`,
  (o, k, a) => `(${o} as any)[[..."${[...k].reverse().join("")}"].reverse().join("")](${a});`,
];

const VICTIMS: [object: string, key: string, argument: string][] = [
  ["Deno", "chdir", '"/"'],
  ["Deno", "readTextFileSync", '"/etc/passwd"'],
  ["globalThis.Deno", "Command", '"ls"'],
  ["process", "getBuiltinModule", '"node:fs"'],
  ["globalThis", "eval", '"1"'],
];

Deno.test("verify sees through pairs of disguises of what breaks a rule", async () => {
  const honest = "{ Math.max(1, 2); }";
  for (const [object, key, argument] of VICTIMS) {
    for (const ofObject of OBJECTS) {
      // Each in a line and a block of its own: one by one they take several times as long.
      const lines = [honest, ...CALLS.map((of) => `{ ${of(ofObject(object), key, argument)} }`)];
      const findings = await verify({ implementation: lines.join("\n") });
      // Behind the line that the template asks for, and an empty one.
      const found = findings.map(({ line }) => lines[line! - 3]);
      // What is said of several is said once, so those of which nothing is said are asked for alone.
      const others = lines.filter((line) => !found.includes(line));
      const clean: string[] = [];
      for (const line of others) {
        if (verdictOf(await verify({ implementation: line })) === "clean") clean.push(line);
      }
      assert.deepEqual(clean, [honest]);
    }
  }
});

Deno.test("verify sees names of sounds taken apart, wherever they were kept", async () => {
  for (const [what, body] of [...TAKEN_APART, ...HANDED_ON]) {
    const found = await verify({ implementation: keeping(body) });
    const isSeen = found.some(({ rule }) => rule === "names-of-files" || rule === "paths");
    assert.ok(isSeen, `${what}: ${JSON.stringify(found)}`);
  }
});

Deno.test("verify finds nothing where names are kept beside texts that are looked at", async () => {
  for (const [what, body] of ONLY_KEPT) {
    assert.deepEqual(await verify({ implementation: keeping(body) }), [], what);
  }
});

for (const [what, implementation, instance = "const QBVIM_MODEL = new M();"] of CONTAINERS) {
  Deno.test(`verify calls clean: ${what}`, async () => {
    assert.deepEqual(await verify({ setup: "// Nothing.", implementation, instance }), []);
  });
}

Deno.test("verify says where names of sounds are handed on in more steps than it follows", async () => {
  // Each is known once the one behind it is.
  const chain = (length: number) =>
    Array.from({ length }, (_, i) => `let v${i + 1} = v${i};`).reverse().join(" ");
  const of = async (length: number) => {
    const body = `let v0 = a; ${chain(length)} out.x = v${length}[0].startsWith("dog");`;
    return (await verify({ implementation: keeping(body) })).map(({ message }) => message);
  };
  assert.deepEqual(await of(10), [
    "takes apart the name of a file, which may give the class away",
  ]);
  assert.deepEqual(await of(100), ["hands names of sounds on in more steps than are followed"]);
});

Deno.test("verify says which local modules are not handed in, and are not fetched", () =>
  withFolder(async (folder) => {
    writeFiles(folder, { "models.ts": "export const n = 1;", "repo/a.ts": "export const n = 1;" });
    const paths = 'const ROOT_PATH = ".";\nconst DATA_PATH = "data";';
    const of = async (setup: string, module: string) => {
      const found = await verify({ paths, setup, implementation: `import "${module}";` }, folder);
      return found.map(({ message, severity }) => `${severity}: ${message.replace(folder, "")}`);
    };
    const clone = 'await gitCloneCheckout("repo", "https://example.org/a.git", "main", "1a2b3c4");';
    const told = (file: string) =>
      `warning: imports ${join("/", file)}, which is not handed in with the notebook: ` +
      "the set-up cell must fetch it";
    assert.deepEqual(await of("// Nothing.", "./models.ts"), [told("models.ts")]);
    assert.deepEqual(await of(clone, "./models.ts"), [told("models.ts")]);
    assert.deepEqual(await of("// Nothing.", "./repo/a.ts"), [told("repo/a.ts")]);
    assert.deepEqual(await of(clone, "./repo/a.ts"), []);
    const unpacked = 'await unpackFile("code.zip", "repo/");';
    assert.deepEqual(await of(unpacked, "./repo/a.ts"), []);
    assert.deepEqual(await of('await unpackFile("code.zip", ".");', "./models.ts"), [
      "warning: unpacks into ROOT_PATH itself, where files of the package may be replaced",
    ]);
    const written = (file: string) =>
      `Deno.mkdirSync(join(ROOT_PATH, "repo"), { recursive: true });
Deno.writeTextFileSync(join(ROOT_PATH, "repo/${file}"), await (await fetch("https://example.org/")).text());`;
    assert.deepEqual(await of(written("a.ts"), "./repo/a.ts"), []);
    assert.deepEqual(await of(written("b.ts"), "./repo/a.ts"), [told("repo/a.ts")]);
  }));

Deno.test("verify follows names of sounds into local modules and out of them", () =>
  withFolder(async (folder) => {
    writeFiles(folder, {
      "kinds.ts": `export const barks = (s: string) => s.includes("dog");
export const named = (sounds: Record<string, string>) => [...new Map(Object.entries(sounds)).keys()];
export const kindOf = (samples: Float32Array) => samples.length > 100 ? "long" : "short";
`,
    });
    const found = (body: string) =>
      verify({
        paths: 'const ROOT_PATH = ".";\nconst DATA_PATH = "data";',
        setup: 'await wgetDownload("kinds.ts", "https://example.org/kinds.ts", ".");',
        implementation: `import { barks, kindOf, named } from "./kinds.ts";\n${keeping(body)}`,
      }, folder);
    const places = async (body: string) =>
      (await found(body)).map(({ rule, file, line }) => `${rule} ${file ? `kinds:${line}` : line}`);
    assert.deepEqual(await places("if (barks(a[0])) out.x = 1;"), ["names-of-files kinds:1"]);
    const [inCell, ...more] = await places('if (named(items)[0].startsWith("dog")) out.x = 1;');
    assert.match(inCell, /^names-of-files \d+$/);
    assert.deepEqual(more, []);
    const honest =
      'for (const id of named(items)) if (kindOf(heard[id].samples) === "long") out[id] = 1;';
    assert.deepEqual(await places(honest), []);
  }));

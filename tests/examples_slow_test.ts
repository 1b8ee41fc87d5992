import assert from "node:assert/strict";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import * as helpers from "../helpers.ts";
import * as qvim from "../lib/mod.ts";
import { FIXTURES, PROJECT, withFolder } from "./support.ts";

/** What needs a network, a microphone, packages that are fetched, or networks of one's own. */
const NOT_RUN =
  /record\(|embeddingMap|SoundLibrary|OnnxDualEncoder\(|googleDrive|gitClone|downloadDataset|currentRun\.start/;
/** Of rooms that no notebook sees. */
const INNER = /serveLoopback|playersPage/;

interface Example {
  path: string;
  /** Where it begins. */
  line: number;
  /** Whether it goes on from what a notebook has by then, and is left out by `deno test --doc`. */
  goesOn: boolean;
  code: string;
}

function* allExamples(folder = PROJECT, below = ["helpers.ts", "lib"]): Generator<Example> {
  for (const name of below) {
    const path = join(folder, name);
    if (Deno.statSync(path).isDirectory) {
      yield* allExamples(path, [...Deno.readDirSync(path)].map(({ name }) => name));
    } else if (name.endsWith(".ts")) {
      const text = Deno.readTextFileSync(path);
      for (const { 1: ignore, 2: lines, index } of text.matchAll(EXAMPLE)) {
        yield {
          path: relative(PROJECT, path),
          line: text.slice(0, index).split("\n").length,
          goesOn: ignore !== undefined,
          code: lines.replaceAll(/^ *\* ?/gm, ""),
        };
      }
    }
  }
}

const EXAMPLE = /```ts( ignore)?\n(.+?) *\* ```/gs;
const IMPORT = /^import \{([^}]*)\} from "([^"]+)";$/gm;

/**
 * A module whose functions are these examples. By themselves, as `deno test --doc` has them, each would
 * load the library anew, which takes longer than to run it.
 *
 * @param folder Where they make their files.
 */
function moduleOf(examples: Example[], folder: string): string {
  return examples.map(({ path, code }, i) => {
    const own = new URL(`../${path}`, import.meta.url).href;
    const body = code.replaceAll(IMPORT, (_, names: string, from: string) => {
      const door = { "qvim": "../lib/mod.ts", "qvim/helpers": "../helpers.ts" }[from];
      const url = door === undefined ? new URL(from, own) : new URL(door, import.meta.url);
      const values = names.split(",").filter((name) => !name.trim().startsWith("type "));
      return `const {${values.join(",").replaceAll(" as ", ": ")}} = await import("${url}");`;
    });
    const inFolder = body.replaceAll(
      "TempFileSync({",
      `TempFileSync({ dir: ${JSON.stringify(folder)},`,
    );
    return `export async function example${i}() {\n${inFolder}}\n`;
  }).join("\n");
}

Deno.test("the examples that stand alone run", (t) =>
  withFolder(async (folder) => {
    const examples = [...allExamples()].filter(({ goesOn }) => !goesOn);
    assert.ok(examples.length > 50, `${examples.length}`);
    const path = join(folder, "examples.ts");
    Deno.writeTextFileSync(path, moduleOf(examples, folder));
    const module: Record<string, () => Promise<void>> = await import(pathToFileURL(path).href);
    for (const [i, { path, line }] of examples.entries()) {
      await t.step(`${path}:${line}`, module[`example${i}`]);
    }
  }));

/** A program with what the examples speak of, and each of them in a function. */
function programOf(examples: Example[]): string {
  const names = (door: object) => Object.keys(door).join(", ");
  const bodies = examples.map(({ path, code }) => {
    const made = `async function example() {\n${code}}`;
    return NOT_RUN.test(code)
      ? `{\n${made}\nvoid example;\n}`
      : `{\n${made}\nawait example();\nconsole.log("ran", ${JSON.stringify(path)});\n}`;
  });
  const url = (name: string) => JSON.stringify(new URL(`../${name}`, import.meta.url).href);
  return `
import { ${names(qvim)} } from ${url("lib/mod.ts")};
import { ${names(helpers)} } from ${url("helpers.ts")};

const ROOT_PATH = ".", DATA_PATH = ${JSON.stringify(join(PROJECT, "data", "qvim-mini"))};
const QBVIM_MODEL = new TwoDft();
const archive = Deno.readFileSync(${JSON.stringify(join(FIXTURES, "archives", "deflate64.zip"))});
const { fetch } = globalThis;
globalThis.fetch = (target, options) =>
  /^https:/.test(String(target)) ? Promise.resolve(new Response(archive)) : fetch(target, options);
Deno.mkdirSync("checkpoints");
Deno.copyFileSync(
  ${JSON.stringify(join(FIXTURES, "mobilenet", "baseline.ckpt"))},
  "checkpoints/baseline.ckpt",
);
currentRun.start(() => ({ ROOT_PATH, DATA_PATH }), () => undefined);
const { queries: queryFiles } = currentRun.listFiles({ checkSteps: false });
const [items, queries] = [listItems(DATA_PATH), listQueries(DATA_PATH)]
  .map((sounds) => toPaths(sounds.slice(0, 2)));
await currentRun.predict(() => QBVIM_MODEL);
await currentRun.save();
await currentRun.evaluate();
const library = { search: (take: { path: string }) => Promise.resolve([{ ...take, score: 1 }]) };
${bodies.join("\n")}
void [items, queries, queryFiles, library];
`;
}

Deno.test("the examples that go on from what a notebook has are of right types, and run", () =>
  withFolder(async (folder) => {
    const examples = [...allExamples()].filter(({ goesOn, code }) => goesOn && !INNER.test(code));
    const program = join(folder, "examples.ts");
    Deno.writeTextFileSync(program, programOf(examples));
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--check", "--no-lock", "-A", "--config", join(PROJECT, "deno.json"), program],
      cwd: folder,
      env: { NO_COLOR: "1" },
    }).output();
    assert.equal(code, 0, new TextDecoder().decode(stderr));
    const run = examples.filter(({ code }) => !NOT_RUN.test(code)).map(({ path }) => path);
    const said = new TextDecoder().decode(stdout);
    assert.deepEqual([...said.matchAll(/^ran (.+)$/gm)].map(([, path]) => path), run);
    assert.ok(run.length >= 9, run.join());
  }));

Deno.test("each function of the interface has an example", () => {
  for (const [door, path] of [[qvim, "lib/mod.ts"], [helpers, "helpers.ts"]] as const) {
    const { stdout } = new Deno.Command(Deno.execPath(), {
      args: ["doc", "--quiet", "--json", path],
      cwd: PROJECT,
    }).outputSync();
    const { nodes } = JSON.parse(new TextDecoder().decode(stdout));
    // deno-lint-ignore no-explicit-any -- the shape is deno doc's own
    const symbols: any[] = (Object.values(nodes) as any[]).flatMap((file) => file.symbols ?? file);
    const functions = symbols.filter(({ name, declarations }) =>
      name in door && declarations.some(({ kind }: { kind: string }) => kind === "function")
    );
    assert.ok(functions.length > 5);
    for (const { name, declarations } of functions) {
      const tags = declarations.flatMap((declared: { jsDoc?: { tags?: { kind: string }[] } }) =>
        declared.jsDoc?.tags ?? []
      );
      assert.ok(tags.some(({ kind }: { kind: string }) => kind === "example"), `${path}: ${name}`);
    }
  }
});

Deno.test("the commands by which the pages say that the interface is printed print it", async () => {
  const pages = ["README.md", "docs/participants.md"];
  const commands = pages.flatMap((page) =>
    Deno.readTextFileSync(join(PROJECT, page)).match(/(?<=`)deno doc [^`]*(?=`)/g) ?? []
  );
  assert.deepEqual(
    new Set(commands),
    new Set(["deno doc lib/mod.ts", "deno doc --filter stft lib/mod.ts"]),
  );
  for (const command of new Set(commands)) {
    const { success, stdout } = await new Deno.Command(Deno.execPath(), {
      args: command.split(" ").slice(1),
      cwd: PROJECT,
      env: { NO_COLOR: "1" },
    }).output();
    assert.ok(success, command);
    assert.match(new TextDecoder().decode(stdout), /function stft\(samples: Float32Array/);
  }
});

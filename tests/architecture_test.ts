import assert from "node:assert/strict";
import { dirname, join, relative } from "node:path";
import { PROJECT } from "./support.ts";

/**
 * The rooms from the top down: a file may import from its own room and from those below its own. Rooms
 * that stand side by side, in one row, know nothing of each other unless they are named here.
 */
const FLOORS = [
  ["commands"],
  ["organizer", "library", "web", "inspect"],
  ["models"],
  ["embedding", "pytorch"],
  ["challenge", "onnx", "audio", "fetch", "notebook"],
  ["io", "ui"],
];
const SIDE_BY_SIDE = ["fetch → challenge", "web → library"];
/** Rooms that know fewer than what lies below them. */
const KNOWS: Record<string, string[]> = { challenge: ["io"], notebook: ["io"], io: [], ui: [] };
/** Not rooms: what the package is entered by, and the command line. */
const DOORS = ["lib/mod.ts", "helpers.ts", "cli.ts"];

const floorOf = (room: string) => FLOORS.findIndex((rooms) => rooms.includes(room));

/** Path below the project → text, of all that is delivered. */
const SOURCES: Map<string, string> = new Map();
for (const path of ["lib", "commands", "helpers.ts", "cli.ts"].flatMap((top) => [...walk(top)])) {
  SOURCES.set(path, Deno.readTextFileSync(join(PROJECT, path)));
}

function* walk(path: string): Generator<string> {
  if (Deno.statSync(join(PROJECT, path)).isFile) {
    if (/\.[tj]s$/.test(path)) yield path;
  } else {for (const { name } of Deno.readDirSync(join(PROJECT, path))) {
      yield* walk(`${path}/${name}`);
    }}
}

/**
 * The files that a file names: those that it imports, at once or later, and programs that it starts.
 * Types that are imported as nothing else count only where they are asked for, and names that are put
 * together while it runs not at all.
 */
function targetsOf(path: string, types = true): string[] {
  const text = SOURCES.get(path)!.replace(/^ *(\*|\/\/).*$/gm, "");
  const code = types ? text : text.replace(/^(import|export) type .*$/gm, "");
  return Array.from(
    code.matchAll(/(?:from|import|new URL)\s*\(?\s*["'`](\.[^"'`$]*\.[tj]s)["'`]/g),
    ([, target]) => relative(PROJECT, join(PROJECT, dirname(path), target)).replaceAll("\\", "/"),
  );
}

/** The room of a file; the file itself where it lies in none. */
function roomOf(path: string): string {
  const [first, second, ...rest] = path.split("/");
  if (first === "commands") return first;
  return first === "lib" && rest.length > 0 ? second : path;
}

/** Room → room, with one file that the arrow comes from. */
function arrows(): Map<string, string> {
  const found = new Map<string, string>();
  for (const path of SOURCES.keys()) {
    for (const target of targetsOf(path)) {
      const from = roomOf(path), to = roomOf(target);
      if (from !== to && !DOORS.includes(from)) found.set(`${from} → ${to}`, path);
    }
  }
  return found;
}

Deno.test("every import points to a room below its own", () => {
  const found = arrows();
  assert.ok(found.size > 25, "there are arrows to look at");
  const wrong = [...found].filter(([arrow]) => {
    const [from, to] = arrow.split(" → ");
    assert.ok(floorOf(from) >= 0, `a room that no floor has: ${arrow}`);
    // What is no room, a door or a test, is on no floor: nothing may lead there.
    return floorOf(to) <= floorOf(from) && !SIDE_BY_SIDE.includes(arrow);
  });
  assert.deepEqual(wrong, []);
  assert.deepEqual(
    SIDE_BY_SIDE.filter((arrow) => !found.has(arrow)),
    [],
    "an exception of nothing",
  );
});

for (const [room, knows] of Object.entries(KNOWS)) {
  Deno.test(`lib/${room} knows ${knows.join(", ") || "no room"} and no other`, () => {
    const others = [...arrows()].filter(([arrow]) => arrow.startsWith(`${room} → `))
      .filter(([arrow]) => !knows.some((known) => arrow.endsWith(`→ ${known}`)));
    assert.deepEqual(others, []);
  });
}

Deno.test("no file imports itself by way of others", () => {
  const done = new Set<string>();
  const visit = (path: string, trail: string[]) => {
    assert.ok(!trail.includes(path), [...trail, path].join(" → "));
    if (done.has(path) || !SOURCES.has(path)) return;
    for (const target of targetsOf(path, false)) visit(target, [...trail, path]);
    done.add(path);
  };
  for (const path of SOURCES.keys()) visit(path, []);
  assert.equal(done.size, SOURCES.size);
});

Deno.test("each file that is named is there", () => {
  for (const path of SOURCES.keys()) {
    for (const target of targetsOf(path)) assert.ok(SOURCES.has(target), `${path} names ${target}`);
  }
});

Deno.test("lib/notebook names no data set, no model, and nothing of the template", () => {
  const names =
    /qvim-(mini|dev)|QBVIM|DEV Dataset|similarit|ROOT_PATH|DATA_PATH|VocalSearch|TwoDft|MobileNet/i;
  for (const [path, text] of SOURCES) {
    if (!path.startsWith("lib/notebook/")) continue;
    assert.doesNotMatch(text, names, path);
  }
});

Deno.test("packages come from the npm registry, and ONNX Runtime by way of one file", () => {
  for (const [path, text] of SOURCES) {
    assert.doesNotMatch(text, /(?:from|import)\s*\(?\s*["'`](?:jsr:|https?:)/, path);
    const isRuntime = path === "lib/onnx/runtime.ts";
    assert.equal(/["'`](npm:)?onnxruntime-node/.test(text), isRuntime, path);
  }
});

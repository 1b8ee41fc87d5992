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
const SIDE_BY_SIDE = ["web → library", "web → inspect", "library → inspect", "fetch → challenge"];
const NOTEBOOK_KNOWS = ["io"];
const CHALLENGE_KNOWS = ["io"];

const floorOf = (room: string) => FLOORS.findIndex((rooms) => rooms.includes(room));

function* sources(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    const path = join(folder, name);
    if (isDirectory) yield* sources(path);
    else if (/\.tsx?$/.test(name)) yield path;
  }
}

/** The room of a file of the package; `undefined` for the doors, `lib/mod.ts` and `helpers.ts`. */
function roomOf(path: string): string | undefined {
  const [first, second, ...rest] = relative(PROJECT, path).split(/[\\/]/);
  if (first === "commands") return "commands";
  return first === "lib" && rest.length > 0 ? second : undefined;
}

/** Room → the rooms that its files import from, with one such file. */
function arrows(): Map<string, string> {
  const found = new Map<string, string>();
  for (const top of ["lib", "commands"]) {
    for (const path of sources(join(PROJECT, top))) {
      const text = Deno.readTextFileSync(path);
      for (const [, target] of text.matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)) {
        const from = roomOf(path), to = roomOf(join(dirname(path), target));
        if (from === undefined || to === undefined || from === to) continue;
        found.set(`${from} → ${to}`, relative(PROJECT, path));
      }
    }
  }
  return found;
}

Deno.test("every import points to a room below its own", () => {
  const found = arrows();
  assert.ok(found.size > 15, "there are arrows to look at");
  const wrong = [...found].filter(([arrow]) => {
    const [from, to] = arrow.split(" → ");
    assert.ok(floorOf(from) >= 0 && floorOf(to) >= 0, `a room that no floor has: ${arrow}`);
    return floorOf(to) <= floorOf(from) && !SIDE_BY_SIDE.includes(arrow);
  });
  assert.deepEqual(wrong, []);
});

for (
  const [room, knows] of [["notebook", NOTEBOOK_KNOWS], ["challenge", CHALLENGE_KNOWS]] as const
) {
  Deno.test(`lib/${room} knows no other room than ${knows.join(", ")}`, () => {
    const others = [...arrows()].filter(([arrow]) => arrow.startsWith(`${room} → `))
      .filter(([arrow]) => !knows.some((known) => arrow.endsWith(`→ ${known}`)));
    assert.deepEqual(others, []);
  });
}

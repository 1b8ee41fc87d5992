import assert from "node:assert/strict";
import {
  killDescendants,
  parseProcesses,
  processTree,
  watchedTree,
} from "../../lib/io/process_tree.ts";
import { NEEDS_UNIX } from "../support.ts";

Deno.test("parseProcesses() reads what ps prints on macOS", () => {
  const text = "    1     0  12864\n  331     1   3120\n70012   331      0\n\nps: no such thing\n";
  assert.deepEqual(parseProcesses(text), [
    { pid: 1, parent: 0, resident: 12864 * 1024 },
    { pid: 331, parent: 1, resident: 3120 * 1024 },
    { pid: 70012, parent: 331, resident: 0 },
  ]);
});

Deno.test(`processTree() finds what a process started, as ps does, and its memory${NEEDS_UNIX}`, {
  ignore: NEEDS_UNIX !== "",
}, async () => {
  const args = ["-c", "sleep 60 & one=$!; sleep 61 & echo; wait $!; echo $?; wait $one; echo $?"];
  const shell = new Deno.Command("sh", { args, stdout: "piped", stderr: "null" }).spawn();
  const reader = shell.stdout.getReader();
  await reader.read();
  const tree = processTree(shell.pid);
  assert.equal(tree[0].pid, shell.pid);
  assert.deepEqual(tree.map(({ parent }) => parent), [Deno.pid, shell.pid, shell.pid]);
  assert.ok(tree.every(({ resident }) => resident > 100_000 && resident < 50_000_000));
  const { stdout } = new Deno.Command("ps", { args: ["-axo", "pid=,ppid=,rss="] }).outputSync();
  const listed = parseProcesses(new TextDecoder().decode(stdout));
  const children = listed.filter(({ parent }) => parent === shell.pid).map(({ pid }) => pid);
  assert.deepEqual(tree.slice(1).map(({ pid }) => pid).sort(), children.sort());
  const watched = watchedTree(shell.pid);
  assert.deepEqual(watched.map(({ pid }) => pid).sort(), tree.map(({ pid }) => pid).sort());
  assert.deepEqual(watched.slice(1).map(({ parent }) => parent), [shell.pid, shell.pid]);
  assert.ok(watched.every(({ resident }) => resident > 100_000 && resident < 50_000_000));
  killDescendants(shell.pid);
  // Told when they have ended, which a busy machine may put off: both by SIGKILL.
  const ends: string[] = [];
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    ends.push(new TextDecoder().decode(part.value));
  }
  assert.equal(ends.join(""), "137\n137\n");
  await shell.status;
});

/**
 * The program that a kernel runs under. It ends the kernel, and all that its cells started, when the
 * kernel has ended or the runner is gone: it holds the other end of a pipe, which closes even where
 * the runner is killed without warning. It ends as the kernel did.
 *
 *     deno run -A guard.ts FOLDER
 *
 * `FOLDER` is the kernel's own, with what it is started with.
 */
import { join } from "node:path";
import { closeMemory } from "../io/close_memory.ts";
import { killDescendants, killMarked, killTree, watchedTree } from "../io/process_tree.ts";
import { type KernelCommand, START_FILE } from "./kernel_command.ts";

/** From prctl.h and wait.h. */
const PR_SET_CHILD_SUBREAPER = 36, WNOHANG = 1;

const [folder] = Deno.args;
const { args, cwd, env, mark }: KernelCommand = JSON.parse(
  Deno.readTextFileSync(join(folder, START_FILE)),
);
// Neither its memory nor its pipes are the cells' to open.
closeMemory();
if (Deno.build.os === "linux") adoptOrphans();
const kernel = new Deno.Command(Deno.execPath(), {
  args,
  cwd,
  env,
  stdin: "null",
  // A process group of its own, which a terminal's signals do not reach.
  detached: true,
}).spawn();
let isLeft = false;
const left = (async () => {
  for await (const _ of Deno.stdin.readable);
  isLeft = true;
})();
const ended = await Promise.race([kernel.status, left]);
endAll();
// The key that the kernel was spoken to with lies in it.
if (isLeft) Deno.removeSync(folder, { recursive: true });
if (ended?.signal) Deno.kill(Deno.pid, ended.signal);
Deno.exit(ended?.code);

function endAll(): void {
  if (Deno.build.os === "windows") return killTree(kernel.pid);
  // What a cell started may have left the kernel's group, as browsers that are driven do.
  killDescendants(Deno.pid);
  try {
    // The kernel's group may outlive it, and who is in it is nobody's descendant then.
    Deno.kill(-kernel.pid, "SIGKILL");
  } catch {
    // Nobody of the group is left.
  }
  killMarked(mark);
}

/**
 * Has Linux make descendants whose parents have ended, as those of daemons do, children of this
 * process: they would go to the first process of all, where none can tell whose they are.
 */
function adoptOrphans(): void {
  const { symbols } = Deno.dlopen("libc.so.6", {
    prctl: { parameters: ["i32", "u64", "u64", "u64", "u64"], result: "i32" },
    waitpid: { parameters: ["i32", "pointer", "i32"], result: "i32" },
  });
  symbols.prctl(PR_SET_CHILD_SUBREAPER, 1n, 0n, 0n, 0n);
  // Who has ended keeps its number until its parent has asked how; the kernel Deno asks.
  Deno.addSignalListener("SIGCHLD", () => {
    for (const { pid, parent, resident } of watchedTree(Deno.pid)) {
      if (parent === Deno.pid && pid !== kernel.pid && resident === 0) {
        symbols.waitpid(pid, null, WNOHANG);
      }
    }
  });
}

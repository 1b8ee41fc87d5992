/**
 * The program that ends a kernel, and all that its cells started, when the runner is gone: it holds
 * the other end of a pipe, which closes even where the runner is killed without warning.
 *
 *     deno run --allow-run --allow-read --allow-write guard.ts PID MARK FOLDER
 *
 * `PID` is the kernel, `MARK` stands in the environment of all that it started, `FOLDER` is its own.
 */
import { killMarked, killTree } from "../io/process_tree.ts";

const [pid, mark, folder] = [Number(Deno.args[0]), Deno.args[1], Deno.args[2]];
for await (const _ of Deno.stdin.readable);
if (Deno.build.os === "windows") {
  new Deno.Command("taskkill", { args: ["/T", "/F", "/PID", `${pid}`] }).outputSync();
} else {
  // What a cell started may have left the kernel's group, as browsers that are driven do.
  killTree(pid);
  try {
    // The kernel leads a process group of its own, which may outlive it.
    Deno.kill(-pid, "SIGKILL");
  } catch {
    // Nobody of the group is left.
  }
  // Nor are those its descendants whose parents have ended, as those of daemons do.
  killMarked(mark);
}
// The key that the kernel was spoken to with lies in it.
Deno.removeSync(folder, { recursive: true });

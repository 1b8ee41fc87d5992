/**
 * The program that ends a kernel, and all that its cells started, when the runner is gone: it holds
 * the other end of a pipe, which closes even where the runner is killed without warning.
 *
 *     deno run --allow-run --allow-read guard.ts PID
 */
const pid = Number(Deno.args[0]);
for await (const _ of Deno.stdin.readable);
if (Deno.build.os === "windows") {
  new Deno.Command("taskkill", { args: ["/T", "/F", "/PID", `${pid}`] }).outputSync();
} else {
  try {
    // The kernel leads a process group of its own.
    Deno.kill(-pid, "SIGKILL");
  } catch {
    // Nobody of the group is left.
  }
}

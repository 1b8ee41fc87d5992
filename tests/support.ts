import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";

/** The folder of the project. */
export const PROJECT = fileURLToPath(new URL("..", import.meta.url));

/** Results of other programs, and small inputs, that tests hold ours against. */
export const FIXTURES = join(PROJECT, "tests", "fixtures");

/** Reference data that lies beside the project on some machines. */
export const SHARED = join(PROJECT, "..", "shared");

/** The end of the name of a test of what Windows has not: signals, and permissions of files. */
export const NEEDS_UNIX = Deno.build.os === "windows" ? " (needs Unix)" : "";

/** Defines a test that needs a path below `../shared` and is skipped, by name, where it is absent. */
export function testWithShared(
  path: string,
  name: string,
  fn: (path: string) => Promise<void> | void,
) {
  const full = join(SHARED, path);
  const ignore = !existsSync(full);
  Deno.test({
    name: ignore ? `${name} (needs ../shared/${path})` : name,
    ignore,
    fn: () => fn(full),
  });
}

/** Calls `use` with a folder that is removed afterwards. */
export async function withFolder<T>(use: (folder: string) => Promise<T> | T): Promise<T> {
  const folder = Deno.makeTempDirSync({ prefix: "qvim-test-" });
  try {
    return await use(folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

/** How long is waited for what has to come, in milliseconds: a machine may be busy, or stand still. */
const LONG = 120_000;

/**
 * Waits for what has to come.
 *
 * @throws {Error} Where it does not.
 */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + LONG;
  while (!await isSo()) {
    if (performance.now() > end) throw new Error(`Expected within ${LONG / 1000} s: ${isSo}`);
    await delay(20);
  }
}

/** Runs the command line and waits for it. */
export async function cli(
  args: string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", join(PROJECT, "cli.ts"), ...args],
    cwd: options.cwd ?? PROJECT,
    env: { NO_COLOR: "1", ...options.env },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** Writes text files, path → content, below a folder. */
export function writeFiles(folder: string, files: Record<string, string | Uint8Array>): void {
  for (const [path, content] of Object.entries(files)) {
    Deno.mkdirSync(join(folder, path, ".."), { recursive: true });
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    Deno.writeFileSync(join(folder, path), bytes);
  }
}

/** A browser that can be run without a screen, or `undefined`. */
export const CHROMIUM: string | undefined = [
  "/usr/bin/chromium-headless-shell",
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
].find((path) => existsSync(path));

/** A Python that has these modules, or `undefined`. Only tests beside the product's own need one. */
export function findPython(modules: string): string | undefined {
  return [Deno.env.get("QVIM_TEST_PYTHON") ?? "", "python3", "python"].find((python) => {
    if (python === "") return false;
    try {
      // They are looked for, and not imported: some take seconds.
      const args = [
        "-c",
        `import importlib.util, sys
sys.exit(any(importlib.util.find_spec(name) is None for name in "${modules}".split(", ")))`,
      ];
      return new Deno.Command(python, { args, stderr: "null" }).outputSync().success;
    } catch {
      return false;
    }
  });
}

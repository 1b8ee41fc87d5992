import { fileURLToPath } from "node:url";
import type { Finding, Verification } from "./findings.ts";
import { listNotebooks } from "./verify_files.ts";

/** What the verification of one notebook may take: a hostile one could keep it busy for ever. */
const SECONDS = 60, MEMORY_MB = 1500;
const PROGRAM = fileURLToPath(new URL("./verify_one.ts", import.meta.url));

/**
 * Verifies notebooks, each in a process of its own, with limits: what one does to its verification
 * costs that one alone.
 *
 * @param jobs How many at a time.
 * @param isWanted Whether the notebook at an index among all is to be verified.
 * @returns Path → what was found, and the powers that it uses.
 */
export async function verifyApart(
  paths: string[],
  jobs: number,
  isWanted: (index: number) => boolean = () => true,
): Promise<Map<string, Verification>> {
  const listed = new Map([...listNotebooks(paths)].filter((_, index) => isWanted(index)));
  const found = new Map<string, Verification>();
  const waiting = [...listed.keys()];
  const work = async () => {
    for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) {
      // Types take the longest, and can be made to take for ever: without them, then.
      const verification = await verifyOne(path, true) ?? await verifyOne(path, false);
      found.set(path, verification ?? { findings: [tooMuch()], powers: [] });
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, jobs) }, work));
  return new Map(
    Array.from(listed, ([path, names]) => {
      const { findings, powers } = found.get(path)!;
      return [path, { findings: [...names, ...findings], powers }];
    }),
  );
}

function tooMuch(): Finding {
  return {
    rule: "syntax",
    severity: "violation",
    message: `could not be verified within ${SECONDS} s and ${MEMORY_MB} MB`,
  };
}

async function verifyOne(path: string, types: boolean): Promise<Verification | undefined> {
  const process = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "-A", `--v8-flags=--max-old-space-size=${MEMORY_MB},--stack-size=4000`],
      ...[PROGRAM, path, ...(types ? ["types"] : [])],
    ],
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "null",
    detached: Deno.build.os !== "windows",
  }).spawn();
  const timer = setTimeout(() => {
    try {
      // The type checker is a process of its own, in the same group.
      if (Deno.build.os === "windows") process.kill("SIGKILL");
      else Deno.kill(-process.pid, "SIGKILL");
    } catch {
      // It has just ended.
    }
  }, SECONDS * 1000);
  const { success, stdout } = await process.output();
  clearTimeout(timer);
  if (!success) return undefined;
  try {
    return JSON.parse(new TextDecoder().decode(stdout));
  } catch {
    return undefined;
  }
}

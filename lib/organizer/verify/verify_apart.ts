import { fileURLToPath } from "node:url";
import { killTree } from "../../io/process_tree.ts";
import { prlimit } from "../../io/prlimit.ts";
import type { Finding, Verification } from "./findings.ts";
import { listNotebooks } from "./verify_files.ts";

/** What the verification of one notebook may take: a hostile one could keep it busy for ever. */
const SECONDS = 60;
const MEMORY_MB = 1500;
/** What each further one may take, where several are verified in one process. */
const SECONDS_MORE = 2;
const PROGRAM = fileURLToPath(new URL("./verify_some.ts", import.meta.url));

/** How notebooks are verified. */
export interface ApartOptions {
  /** How many at a time, where each has a process of its own. */
  jobs: number;
  /** Whether the code is given to the type checker as well. */
  types: boolean;
  /** Whether the notebook at an index among all is to be verified. */
  isWanted?: (index: number) => boolean;
  /** What one notebook may take; a minute unless given. */
  seconds?: number;
}

/**
 * Verifies notebooks, and those of folders, in processes with limits: all in one, which is quick;
 * where that does not end well, each in one of its own, so that what one does to its verification
 * costs that one alone.
 *
 * @returns Path → what was found, and the powers that it uses.
 */
export async function verifyApart(
  paths: string[],
  { jobs, types, isWanted = () => true, seconds = SECONDS }: ApartOptions,
): Promise<Map<string, Verification>> {
  const listed = new Map([...listNotebooks(paths)].filter((_, index) => isWanted(index)));
  const found = new Map<string, Verification>();
  const waiting = [...listed.keys()];
  const together = await verifySome(waiting, types, seconds);
  if (together !== undefined) {
    for (const path of waiting.splice(0)) found.set(path, together[path]);
  }
  const work = async () => {
    for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) {
      // Types take the longest, and can be made to take for ever: without them, then.
      const one = await verifySome([path], types, seconds) ??
        (types ? await verifySome([path], false, seconds) : undefined);
      found.set(path, one?.[path] ?? { findings: [tooMuch(seconds)], powers: [] });
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, jobs) }, work));
  return new Map(
    Array.from(listed, ([path, names]) => {
      const one = found.get(path)!;
      return [path, { ...one, findings: [...names, ...one.findings] }];
    }),
  );
}

function tooMuch(seconds: number): Finding {
  return {
    rule: "syntax",
    severity: "violation",
    message: `could not be verified within ${seconds} s and ${MEMORY_MB} MB, or can't be followed`,
  };
}

/** Verifies notebooks in one process; undefined where that took too much, or ended otherwise. */
async function verifySome(
  paths: string[],
  types: boolean,
  secondsForOne: number,
): Promise<Record<string, Verification> | undefined> {
  if (paths.length === 0) return {};
  const seconds = secondsForOne + SECONDS_MORE * (paths.length - 1);
  // The limit of the processor's time outlives this process, where it is killed.
  const [first, ...others] = [
    ...await prlimit([`--cpu=${Math.ceil(2 * seconds)}`]),
    ...[Deno.execPath(), "run", "--quiet", "-A"],
    ...[`--v8-flags=--max-old-space-size=${MEMORY_MB},--stack-size=4000`, PROGRAM],
  ];
  const process = new Deno.Command(first, {
    args: others,
    env: { NO_COLOR: "1" },
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  // The type checker is a process of its own.
  const timer = setTimeout(() => killTree(process.pid), seconds * 1000);
  const writer = process.stdin.getWriter();
  writer.write(new TextEncoder().encode(JSON.stringify({ paths, types })))
    .then(() => writer.close()).catch(() => {});
  const { success, stdout } = await process.output();
  clearTimeout(timer);
  if (!success) return undefined;
  try {
    return JSON.parse(new TextDecoder().decode(stdout));
  } catch {
    return undefined;
  }
}

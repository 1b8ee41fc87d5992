import { fileURLToPath } from "node:url";
import { killTree } from "../../io/process_tree.ts";
import { prlimit } from "../../io/prlimit.ts";
import { ScratchFolders } from "../rerun/scratch.ts";
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
  /** Which of all notebooks are to be verified. */
  isWanted?: (path: string) => boolean;
  /** What one notebook may take; a minute unless given. */
  seconds?: number;
  /** Is told of notebooks that were left out; see {@linkcode listNotebooks}. */
  say?: (sentence: string) => void;
}

/**
 * Verifies notebooks, and those of folders, in processes with limits: all in one, which is quick; where
 * that does not end well, each in one of its own, so that what one does to its verification costs that
 * one alone.
 *
 * @returns Path → what was found, and the powers that it uses.
 */
export async function verifyApart(
  paths: string[],
  { jobs, types, isWanted = () => true, seconds = SECONDS, say }: ApartOptions,
): Promise<Map<string, Verification>> {
  const listed = new Map([...listNotebooks(paths, say)].filter(([path]) => isWanted(path)));
  const all = [...listed.keys()];
  const found = await verifySome(all, types, seconds) ??
    await verifyEach(all, { jobs, types, seconds });
  return new Map(
    Array.from(listed, ([path, names]) => {
      const one = found[path] ?? { findings: [tooMuch(seconds)], powers: [] };
      return [path, { ...one, findings: [...names, ...one.findings] }];
    }),
  );
}

/** Verifies notebooks one of which ends the verification of all; that one is left out. */
async function verifyEach(
  paths: string[],
  { jobs, types, seconds }: Required<Omit<ApartOptions, "isWanted" | "say">>,
): Promise<Record<string, Verification>> {
  const apart = async (types: boolean) => {
    const found: Record<string, Verification> = {};
    const waiting = [...paths];
    const work = async () => {
      for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) {
        Object.assign(found, await verifySome([path], types, seconds));
      }
    };
    await Promise.all(Array.from({ length: Math.max(1, jobs) }, work));
    return found;
  };
  // Types take the longest, and can be made to take for ever: without them it is soon known who it is.
  const untyped = await apart(false);
  if (!types) return untyped;
  const others = Object.keys(untyped);
  const typed = others.length < paths.length ? await verifySome(others, types, seconds) : undefined;
  return withUntyped(typed ?? await apart(types), untyped, seconds);
}

/** What was found with types; where those could not be checked, without them, which is said. */
export function withUntyped(
  typed: Record<string, Verification>,
  untyped: Record<string, Verification>,
  seconds: number,
): Record<string, Verification> {
  const message = `could not be checked, or not within ${seconds} s and ${MEMORY_MB} MB`;
  const unchecked: Finding = { rule: "types", severity: "warning", message };
  const all = Object.entries(untyped).map(([path, it]) =>
    [path, typed[path] ?? { ...it, findings: [...it.findings, unchecked] }] as const
  );
  return Object.fromEntries(all);
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
  const scratch = new ScratchFolders(), { folder } = scratch.make();
  const process = new Deno.Command(first, {
    args: others,
    // Windows has two names for it, of its own.
    env: { NO_COLOR: "1", TMPDIR: folder, TMP: folder, TEMP: folder },
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  // The type checker is a process of its own, and what is ended leaves what it has written.
  const end = () => killTree(process.pid);
  const endAll = () => {
    end();
    scratch.removeAll();
  };
  globalThis.addEventListener("unload", endAll);
  const timer = setTimeout(end, seconds * 1000);
  const writer = process.stdin.getWriter();
  writer.write(new TextEncoder().encode(JSON.stringify({ paths, types })))
    .then(() => writer.close()).catch(() => {});
  const { success, stdout } = await process.output();
  clearTimeout(timer);
  globalThis.removeEventListener("unload", endAll);
  scratch.removeAll();
  if (!success) return undefined;
  try {
    return JSON.parse(new TextDecoder().decode(stdout));
  } catch {
    return undefined;
  }
}

/** Processes and what they started, as the system tells it: Linux in /proc, others by a program. */

import { pause } from "./pause.ts";

const PAGE = 4096;

/** A process as it was when it was looked at. */
export interface ProcessEntry {
  pid: number;
  parent: number;
  /** Bytes of memory; none where it has ended and nobody has asked how. */
  resident: number;
}

/**
 * A process and its descendants; that one alone on Windows, which has a program that ends them, and
 * none that only names them.
 */
export function processTree(root: number): ProcessEntry[] {
  const childrenOf = new Map<number, ProcessEntry[]>();
  let top: ProcessEntry = { pid: root, parent: 0, resident: 0 };
  for (const entry of allProcesses()) {
    if (entry.pid === root) top = entry;
    childrenOf.set(entry.parent, [...childrenOf.get(entry.parent) ?? [], entry]);
  }
  const tree: ProcessEntry[] = [];
  const waiting = [top];
  for (let entry = waiting.pop(); entry !== undefined; entry = waiting.pop()) {
    tree.push({ ...entry, resident: entry.resident || residentOf(entry.pid) });
    waiting.push(...childrenOf.get(entry.pid) ?? []);
  }
  return tree;
}

/** Threads that are asked, of all the processes: a hostile one may have any number. */
const MOST_THREADS = 4096;

/**
 * The same for who looks again and again: these processes alone are asked whom they have started, however
 * many others the machine has. What starts or ends in that moment may be missed until the next look. By
 * {@linkcode processTree} where the kernel does not tell it; the parent of the first is not told.
 */
export function watchedTree(root: number): ProcessEntry[] {
  const tree: ProcessEntry[] = [];
  const waiting = [{ pid: root, parent: 0 }];
  let threads = 0;
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { pid } = next;
    const found = threadsOf(pid);
    threads += found.length;
    if (threads > MOST_THREADS) return processTree(root);
    const told = found.flatMap((thread) =>
      readQuietly(`/proc/${pid}/task/${thread}/children`) ?? []
    );
    if (pid === root && told.length === 0) return processTree(root);
    tree.push({ ...next, resident: residentOf(pid) });
    for (const child of told.join(" ").split(" ").filter((word) => word !== "")) {
      waiting.push({ pid: Number(child), parent: pid });
    }
  }
  return tree;
}

function threadsOf(pid: number): string[] {
  try {
    return Array.from(Deno.readDirSync(`/proc/${pid}/task`), ({ name }) => name);
  } catch {
    // It has ended, or there is no /proc.
    return [];
  }
}

function allProcesses(): ProcessEntry[] {
  let entries: Deno.DirEntry[];
  try {
    entries = [...Deno.readDirSync("/proc")];
  } catch {
    return parseProcesses(outputOf("ps", "-axo", "pid=,ppid=,rss="));
  }
  return entries.filter(({ name }) => /^\d+$/.test(name)).flatMap(({ name }) => {
    const stat = readQuietly(`/proc/${name}/stat`);
    // The name in parentheses may hold anything; the parent comes after it and the state.
    const parent = Number(stat?.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
    return Number.isNaN(parent) ? [] : [{ pid: Number(name), parent, resident: 0 }];
  });
}

/** What `ps` says of processes, a line each: its number, its parent's, and KiB of memory. */
export function parseProcesses(text: string): ProcessEntry[] {
  return Array.from(
    text.matchAll(/^ *(\d+) +(\d+) +(\d+) *$/gm),
    ([, pid, parent, kibibytes]) => ({
      pid: Number(pid),
      parent: Number(parent),
      resident: 1024 * Number(kibibytes),
    }),
  );
}

/** Read of those alone that are asked for: there may be thousands. */
function residentOf(pid: number): number {
  return Number(readQuietly(`/proc/${pid}/statm`)?.split(" ")[1] ?? 0) * PAGE;
}

function readQuietly(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    // It ended while it was looked at.
    return undefined;
  }
}

/** What a program of the system prints; nothing where there is none. */
function outputOf(program: string, ...args: string[]): string {
  try {
    const { stdout } = new Deno.Command(program, { args, stdin: "null", stderr: "null" })
      .outputSync();
    return new TextDecoder().decode(stdout);
  } catch {
    return "";
  }
}

/** Ends a process and its descendants: those first that could start others. */
export function killTree(root: number): void {
  if (Deno.build.os !== "windows") return killAll(processTree(root));
  // By its path, which need not be in the environment.
  const taskkill = `${windowsFolder()}\\System32\\taskkill.exe`;
  outputOf(taskkill, "/T", "/F", "/PID", `${root}`);
}

/** Where Windows lies, which the environment need not say. */
export function windowsFolder(): string {
  return Deno.env.get("SystemRoot") ?? "C:\\Windows";
}

/** Ends the descendants of a process, and what they start meanwhile. The process itself goes on. */
export function killDescendants(root: number): void {
  untilNone(() => processTree(root).slice(1).filter(({ resident }) => resident > 0));
}

/**
 * Ends all processes that have a text in the environment they were started with, as what inherits it
 * has, though it be no descendant any more; none on Windows, which shows nobody's.
 *
 * @param mark Long enough to stand nowhere else.
 */
export function killMarked(mark: string): void {
  untilNone(() => marked(mark));
}

/**
 * Who was started while the others were looked at is found the next time, and who has been told to end
 * until the system gets to it: of those alone nothing new can come, so they are given time.
 */
function untilNone(find: () => { pid: number }[]): void {
  const told = new Set<number>();
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const found = find();
    if (found.length === 0) return;
    if (found.every(({ pid }) => told.has(pid))) pause(2 ** tries);
    killAll(found);
    for (const { pid } of found) told.add(pid);
  }
}

/**
 * A process that starts others as fast as it can is ended in two; those that can't be ended, or not
 * within a second of pauses, are left.
 */
const MOST_TRIES = 10;

function marked(mark: string): { pid: number }[] {
  let entries: Iterable<Deno.DirEntry>;
  try {
    entries = Deno.readDirSync("/proc");
  } catch {
    // On macOS `-E` shows the environment behind the command.
    const lines = outputOf("ps", "-axEww", "-o", "pid=,command=").split("\n");
    return lines.filter((line) => line.includes(mark)).map((line) => ({ pid: parseInt(line) }))
      .filter(({ pid }) => pid !== Deno.pid);
  }
  // Of one that has ended nothing is read; others' environments are refused.
  return Array.from(entries, ({ name }) => ({ pid: Number(name) })).filter(({ pid }) =>
    pid > 0 && pid !== Deno.pid && readQuietly(`/proc/${pid}/environ`)?.includes(mark)
  );
}

function killAll(processes: { pid: number }[]): void {
  for (const { pid } of processes) {
    try {
      Deno.kill(pid, "SIGKILL");
    } catch {
      // It has ended by itself.
    }
  }
}

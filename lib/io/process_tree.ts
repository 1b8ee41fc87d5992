/** Processes and what they started, as Linux tells it in /proc. */

const PAGE = 4096;

/**
 * A process and its descendants, with their memory in bytes; that one alone where there
 * is no /proc.
 */
export function processTree(root: number): { pid: number; resident: number }[] {
  const childrenOf = new Map<number, number[]>();
  let entries: Iterable<Deno.DirEntry>;
  try {
    entries = [...Deno.readDirSync("/proc")];
  } catch {
    return [{ pid: root, resident: 0 }];
  }
  for (const { name } of entries) {
    if (!/^\d+$/.test(name)) continue;
    const stat = readQuietly(`/proc/${name}/stat`);
    // The name in parentheses may hold anything; the parent comes after it and the state.
    const parent = Number(stat?.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
    if (!Number.isNaN(parent)) {
      childrenOf.set(parent, [...childrenOf.get(parent) ?? [], Number(name)]);
    }
  }
  const tree: { pid: number; resident: number }[] = [];
  const waiting = [root];
  for (let pid = waiting.pop(); pid !== undefined; pid = waiting.pop()) {
    const pages = Number(readQuietly(`/proc/${pid}/statm`)?.split(" ")[1] ?? 0);
    tree.push({ pid, resident: pages * PAGE });
    waiting.push(...childrenOf.get(pid) ?? []);
  }
  return tree;
}

function readQuietly(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    // It ended while it was looked at.
    return undefined;
  }
}

/** Ends a process and its descendants: those first that could start others. */
export function killTree(root: number): void {
  killAll(processTree(root));
}

/** Ends the descendants of a process, which itself goes on. */
export function killDescendants(root: number): void {
  killAll(processTree(root).slice(1));
}

/**
 * Ends all processes that have a text in the environment they were started with, as what inherits it
 * has, though it be no descendant any more; none where there is no /proc.
 *
 * @param mark Long enough to stand nowhere else.
 */
export function killMarked(mark: string): void {
  // Who was started while the others were looked at is found the next time.
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const found = marked(mark);
    if (found.length === 0) return;
    killAll(found);
  }
}

/** A process that starts others as fast as it can is ended in two; those that can't be ended are left. */
const MOST_TRIES = 10;

function marked(mark: string): { pid: number }[] {
  let entries: Iterable<Deno.DirEntry>;
  try {
    entries = Deno.readDirSync("/proc");
  } catch {
    return [];
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

import { setTimeout as delay } from "node:timers/promises";
import { killTree, watchedTree } from "../../io/process_tree.ts";
import type { RunStatus } from "./protocol.ts";
import { MOST_FILES, type World } from "./world.ts";

/** How much a run may take. */
export interface Limits {
  /** Seconds from its start. */
  timeout: number;
  /** Bytes of memory, of all its processes, and of its files where they are in memory. */
  memory: number;
  /** Bytes in files, in all that it can write to. */
  disk: number;
  /** Processes at a time. */
  processes: number;
}

/** What was seen of a run. */
export interface Usage {
  /** The most memory that was seen, in bytes. */
  peakMemory: number;
  /** Why it was ended; undefined where it ended by itself. */
  reason?: { status: RunStatus; message: string };
}

const MEMORY_MS = 100;
const DISK_MS = 300;
/** The program inside ends a run in time by itself, and says in which cell. */
const GRACE_SECONDS = 5;

/**
 * Looks after a process and all that it started until it ends, and ends them where they take too much.
 *
 * @param world What it can write to; what that grows by counts.
 */
export async function watch(
  process: Deno.ChildProcess,
  world: World,
  limits: Limits,
): Promise<Usage> {
  const usage: Usage = { peakMemory: 0 };
  const most = { bytes: limits.disk, files: MOST_FILES };
  const start = performance.now();
  let ended = false;
  const end = (status: RunStatus, message: string) => {
    usage.reason ??= { status, message };
    killTree(process.pid);
  };
  const status = process.status.then(() => ended = true);
  const lookAtFiles = (pids: number[]): number => {
    const { bytes, files, isHidden } = world.used(most);
    // A file system of its own counts those without a name by itself.
    const unlinked = world.isSized ? 0 : unlinkedSize(pids);
    if (bytes + unlinked > most.bytes) end("disk", wroteTooMuch(limits).bytes);
    if (files > most.files) end("disk", wroteTooMuch(limits).files);
    if (isHidden) end("disk", "made a folder that can't be looked into");
    return world.isSized ? bytes : 0;
  };
  let diskChecked = start, inFiles = 0;
  while (!ended) {
    await Promise.race([status, delay(MEMORY_MS)]);
    if (ended) break;
    const now = performance.now();
    const tree = watchedTree(process.pid);
    if (world.isSized || now - diskChecked > DISK_MS) {
      diskChecked = now;
      inFiles = lookAtFiles(tree.map(({ pid }) => pid));
    }
    const memory = tree.reduce((sum, { resident }) => sum + resident, 0);
    usage.peakMemory = Math.max(usage.peakMemory, memory);
    if (memory + inFiles > limits.memory) {
      end("memory", tookTooMuch(limits));
    }
    if (tree.length > limits.processes) {
      end("processes", `started more than ${limits.processes} processes`);
    }
    if (now - start > (limits.timeout + GRACE_SECONDS) * 1000) {
      end("timeout", `took more than ${limits.timeout} s`);
    }
  }
  // What left its process group lives on without a sandbox.
  killTree(process.pid);
  // It may have found the end of its world before it was looked at.
  lookAtFiles([]);
  return usage;
}

/** What is said of a run that took too much memory. */
export function tookTooMuch({ memory }: Limits): string {
  return `took more than ${inMebibytes(memory)}`;
}

/** What is said of a run that wrote too many bytes, and of one that made too many files. */
export function wroteTooMuch({ disk }: Limits): { bytes: string; files: string } {
  return {
    bytes: `wrote more than ${inMebibytes(disk)}`,
    files: `made more than ${MOST_FILES} files`,
  };
}

function inMebibytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}

/** Bytes of files that have no name any more and are still open. */
function unlinkedSize(pids: number[]): number {
  const seen = new Map<string, number>();
  for (const pid of pids) {
    let entries: Deno.DirEntry[];
    try {
      entries = [...Deno.readDirSync(`/proc/${pid}/fd`)];
    } catch {
      continue;
    }
    for (const { name } of entries) {
      const path = `/proc/${pid}/fd/${name}`;
      try {
        if (!Deno.readLinkSync(path).endsWith(" (deleted)")) continue;
        const { dev, ino, size, blocks } = Deno.statSync(path);
        seen.set(`${dev}:${ino}`, Math.min(size, 512 * (blocks ?? Infinity)));
      } catch {
        // It was closed while it was looked at.
      }
    }
  }
  return [...seen.values()].reduce((sum, size) => sum + size, 0);
}

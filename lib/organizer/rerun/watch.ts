import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { killTree, processTree } from "../../io/process_tree.ts";
import type { RunStatus } from "./protocol.ts";

/** How much a run may take. */
export interface Limits {
  /** Seconds from its start. */
  timeout: number;
  /** Bytes of memory, of all its processes. */
  memory: number;
  /** Bytes on disk, in all that it can write to. */
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
/** Files and folders that a run may make; to count them takes time as well. */
const MOST_FILES = 200_000;
/** The program inside ends a run in time by itself, and says in which cell. */
const GRACE_SECONDS = 5;

/**
 * Looks after a process and all that it started until it ends, and ends them where they take too much.
 *
 * @param folders What it can write to; what they grow by counts.
 */
export async function watch(
  process: Deno.ChildProcess,
  folders: string[],
  limits: Limits,
): Promise<Usage> {
  const usage: Usage = { peakMemory: 0 };
  const before = extentOf(folders, { bytes: Infinity, files: Infinity });
  const most = { bytes: before.bytes + limits.disk, files: before.files + MOST_FILES };
  const start = performance.now();
  let ended = false;
  const end = (status: RunStatus, message: string) => {
    usage.reason ??= { status, message };
    killTree(process.pid);
  };
  const status = process.status.then(() => ended = true);
  let diskChecked = start;
  while (!ended) {
    await Promise.race([status, delay(MEMORY_MS)]);
    if (ended) break;
    const now = performance.now();
    const tree = processTree(process.pid);
    const memory = tree.reduce((sum, { resident }) => sum + resident, 0);
    usage.peakMemory = Math.max(usage.peakMemory, memory);
    if (memory > limits.memory) end("memory", `took more than ${inMebibytes(limits.memory)}`);
    if (tree.length > limits.processes) {
      end("processes", `started more than ${limits.processes} processes`);
    }
    if (now - start > (limits.timeout + GRACE_SECONDS) * 1000) {
      end("timeout", `took more than ${limits.timeout} s`);
    }
    if (now - diskChecked > DISK_MS) {
      diskChecked = now;
      const unlinked = unlinkedSize(tree.map(({ pid }) => pid));
      const { bytes, files, isHidden } = extentOf(folders, most);
      if (bytes + unlinked > most.bytes) end("disk", `wrote more than ${inMebibytes(limits.disk)}`);
      if (files > most.files) end("disk", `made more than ${MOST_FILES} files`);
      if (isHidden) end("disk", "made a folder that can't be looked into");
    }
  }
  // What left its process group lives on without a sandbox.
  killTree(process.pid);
  return usage;
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

/** What lies below folders. */
interface Extent {
  bytes: number;
  files: number;
  /** Whether there is more than could be looked at. */
  isHidden: boolean;
}

/**
 * What lies below folders; stops counting above `most`. What can't be looked into is no honest
 * program's: a folder that is shut, or deeper than a path can tell.
 */
function extentOf(folders: string[], most: { bytes: number; files: number }): Extent {
  const extent = { bytes: 0, files: 0, isHidden: false };
  const waiting = [...folders];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    try {
      for (const { name, isDirectory, isFile } of Deno.readDirSync(path)) {
        const inner = join(path, name);
        extent.files++;
        if (isDirectory) waiting.push(inner);
        if (isFile) extent.bytes += Deno.lstatSync(inner).size;
        if (extent.files > most.files || extent.bytes > most.bytes) return extent;
      }
    } catch (error) {
      // Else it was removed in the meantime.
      extent.isHidden ||= !(error instanceof Deno.errors.NotFound);
    }
  }
  return extent;
}

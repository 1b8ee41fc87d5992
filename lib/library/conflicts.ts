/** What happens where several write into one library at the same time, or it can't be reached. */
import { setTimeout as delay } from "node:timers/promises";
import { LibraryError, reasonOf } from "./lancedb.ts";
import { isRemote } from "./place.ts";

/** How often a write is tried again where others write at the same time, … */
const RETRIES = 8;
/** … first after about so long, in milliseconds, then after twice as long, … */
const FIRST_WAIT = 100;
/** … but no longer than this. */
const LONGEST_WAIT = 5000;

/** Says in one line where the library can't be reached, read or written. */
export async function reaching<T>(library: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isOfLance(error) || isConflict(error)) throw error;
    const reason = reasonOf(error);
    // It names its files by links, so that nobody's is written over.
    const hint = /Unable to rename file: Operation not (permitted|supported)/.test(`${error}`)
      ? "; disks in the formats FAT and exFAT, as sticks have them, can hold no library"
      : isDamage(library, reason)
      ? "; if it is damaged, remove that folder and index again: what was heard is all that is in it"
      : "";
    throw new LibraryError(
      `Expected to read and write the library in ${library} but found: ${reason}${hint}`,
      { cause: error },
    );
  }
}

/**
 * Whether it is what lies in a folder that can't be read: neither the system, which says so, refused
 * anything, nor LanceDB what it was asked.
 */
function isDamage(library: string, reason: string): boolean {
  return !isRemote(library) &&
    !/os error|denied|permitted|supported|space|invalid (user )?input/i.test(reason);
}

/** Whether LanceDB failed: what is no class of ours and has this code comes from it. */
export function isOfLance(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "GenericFailure";
}

/** Whether a write failed because somebody else wrote at the same time. */
export function isConflict(error: unknown): boolean {
  return error instanceof Error && /conflict|concurrent/i.test(error.message);
}

/** Runs `work` again, after a while of random length, where somebody else wrote at the same time. */
export async function retry<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 0;; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt >= RETRIES || !isConflict(error)) throw error;
      const wait = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** attempt) * (0.5 + Math.random());
      await delay(wait);
    }
  }
}

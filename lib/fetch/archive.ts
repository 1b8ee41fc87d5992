import { QvimError } from "../io/errors.ts";

/** What an archive may hold, and where its entries may go. */

/** Thrown where an archive is broken or would do harm; the message names the entry. */
export class ArchiveError extends QvimError {}

/** An entry of an archive. */
export interface ArchiveEntry {
  /** Its name as the archive has it. */
  name: string;
  kind: "file" | "directory" | "symlink" | "hardlink" | "other";
  /** Bytes that it unpacks to, as far as the archive says. */
  size: number;
  /** What a link points at. */
  target?: string;
  /** Whether it may be executed. */
  executable?: boolean;
}

/** An archive that can be read from its beginning more than once. */
export interface Archive {
  /**
   * Goes through the entries in order.
   *
   * @param visit Takes each entry; calling `read` gives its bytes, in pieces.
   */
  each(
    visit: (entry: ArchiveEntry, read: () => AsyncIterable<Uint8Array>) => Promise<void>,
  ): Promise<void>;
}

/** Where an entry goes, and what it becomes there. */
export interface PlannedEntry {
  /** Its path below the target folder, in parts; empty for the folder itself. */
  parts: string[];
  entry: ArchiveEntry;
}

const MAX_ENTRIES = 1_000_000;
/** A link that leads over more links than this goes round. */
const MAX_LINKS = 40;

/**
 * Checks all entries of an archive together, before anything is written.
 *
 * @param entries In the archive's order.
 * @param maxBytes What they may unpack to.
 * @param os The system whose rules for names hold.
 * @throws {ArchiveError} Where one would leave the folder, is neither file, folder nor link, has a
 * name that the system takes for something else, or all of them are too large.
 */
export function planEntries(
  entries: ArchiveEntry[],
  maxBytes: number,
  os: string = Deno.build.os,
): PlannedEntry[] {
  if (entries.length > MAX_ENTRIES) {
    throw new ArchiveError(`Expected at most ${MAX_ENTRIES} entries but found ${entries.length}`);
  }
  const planned = entries.map((entry) => ({ parts: splitName(entry.name, os), entry }));
  checkSize(entries.reduce((sum, { size }) => sum + size, 0), maxBytes);
  // Elsewhere than on Linux one name may be written in several ways.
  const keyOf = (parts: string[]) =>
    os === "linux" ? parts.join("/") : parts.join("/").normalize("NFC").toLowerCase();
  const links = new Map(
    planned.filter(({ entry }) => entry.kind === "symlink").map((
      { parts, entry },
    ) => [keyOf(parts), entry.target ?? ""]),
  );
  const files = new Set(
    planned.filter(({ entry }) => entry.kind === "file").map(({ parts }) => parts.join("/")),
  );
  for (const { parts, entry } of planned) {
    if (entry.kind === "other") {
      throw new ArchiveError(
        `Expected files, folders and links but found another kind of entry: ${entry.name}`,
      );
    }
    for (let depth = 1; depth < parts.length; depth++) {
      const parents = parts.slice(0, depth);
      if (links.has(keyOf(parents))) {
        throw new ArchiveError(
          `Expected no entry behind the link ${parents.join("/")} but found ${entry.name}`,
        );
      }
    }
    if (entry.kind === "symlink") {
      resolveLink(parts, (reached) => links.get(keyOf(reached)), entry, os);
    }
    if (entry.kind === "hardlink" && !files.has(splitName(entry.target ?? "", os).join("/"))) {
      throw new ArchiveError(
        `Expected the link ${entry.name} to lead to a file of the archive but found ` +
          Deno.inspect(entry.target),
      );
    }
  }
  return planned;
}

/** @throws {ArchiveError} Where `bytes` is more than `maxBytes`. */
export function checkSize(bytes: number, maxBytes: number): void {
  if (bytes > maxBytes) {
    throw new ArchiveError(
      `Expected the archive to unpack to at most ${maxBytes} bytes but found ${bytes} or more; ` +
        `the option maxBytes raises the limit`,
    );
  }
}

/** What Windows takes for a folder, a drive, a stream, a device or another name, or refuses. */
const NOT_ON_WINDOWS =
  // deno-lint-ignore no-control-regex
  /[\x00-\x1f<>:"|?*\\]|[. ]$|^(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)/i;

/** The parts of an entry's name; `.` is passed over. */
function splitName(name: string, os: string): string[] {
  const parts = name.split("/").filter((part) => part !== "" && part !== ".");
  if (/^(\/|\\|[A-Za-z]:)/.test(name) || name.includes("\0") || parts.includes("..")) {
    throw new ArchiveError(
      `Expected names inside the target folder but found ${Deno.inspect(name)}`,
    );
  }
  if (os === "windows" && parts.some((part) => NOT_ON_WINDOWS.test(part))) {
    throw new ArchiveError(
      `Expected names that files on Windows may have but found ${Deno.inspect(name)}`,
    );
  }
  return parts;
}

/**
 * Follows a link through the archive's other links, as the file system would, to make sure that it
 * stays inside. To look at its text alone is not enough: `a/..` is not here where `a` is a link.
 */
function resolveLink(
  parts: string[],
  linkAt: (parts: string[]) => string | undefined,
  entry: ArchiveEntry,
  os: string,
): void {
  const outside = () =>
    new ArchiveError(
      `Expected links that stay inside the target folder but found ${entry.name} → ${entry.target}`,
    );
  const resolved: string[] = parts.slice(0, -1);
  const partsOf = (target: string) => target.split(os === "windows" ? /[/\\]/ : "/");
  const ahead = partsOf(entry.target ?? "");
  if (/^(\/|\\|[A-Za-z]:)/.test(entry.target ?? "") || entry.target?.includes("\0")) {
    throw outside();
  }
  for (let followed = 0; ahead.length > 0;) {
    const part = ahead.shift()!;
    if (part === "" || part === ".") continue;
    if (part === "..") {
      if (resolved.pop() === undefined) throw outside();
      continue;
    }
    resolved.push(part);
    const next = linkAt(resolved);
    if (next === undefined) continue;
    if (++followed > MAX_LINKS || /^[/\\]/.test(next)) throw outside();
    resolved.pop();
    ahead.unshift(...partsOf(next));
  }
}

import { isDeepStrictEqual } from "node:util";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { replaceFileSync } from "./replace_file.ts";

const PACKAGE = fileURLToPath(new URL("../../", import.meta.url));

/**
 * Keeps a package's `deno.lock` as it is while a notebook runs. The kernel takes no flags: a cell that
 * imports a package which the lock does not name has it written anew, and the change would be taken for
 * one of the package's own.
 */
export class KeptLock {
  readonly #folder: string;
  readonly #config: string | undefined;
  readonly #lock: string | undefined;

  /** Notes what is in the lock by now. */
  constructor(folder: string = PACKAGE) {
    this.#folder = folder;
    this.#config = readText(join(folder, "deno.json"));
    this.#lock = readText(join(folder, "deno.lock"));
  }

  /**
   * Puts back what was in the lock, where nothing but further packages has come to it. It stays as it
   * is where `deno.json` has changed since: then somebody has changed what the package needs.
   */
  restore(): void {
    const path = join(this.#folder, "deno.lock");
    const present = readText(path);
    if (this.#lock === undefined || present === undefined || present === this.#lock) return;
    if (readText(join(this.#folder, "deno.json")) !== this.#config) return;
    const before = parse(this.#lock), after = parse(present);
    if (before === undefined || after === undefined || !holds(after, before)) return;
    try {
      replaceFileSync(path, this.#lock);
    } catch {
      // A notebook's result is worth more than its lock.
    }
  }
}

/** Whether all of `part` is in `whole`, which may have more entries. */
function holds(whole: unknown, part: unknown): boolean {
  if (isNameList(whole) && isNameList(part)) {
    const names = new Set(whole.map(withoutVersion));
    return part.every((name) => names.has(withoutVersion(name)));
  }
  if (typeof part !== "object" || part === null || Array.isArray(part)) {
    return isDeepStrictEqual(whole, part);
  }
  if (typeof whole !== "object" || whole === null) return false;
  return Object.entries(part).every(([key, value]) =>
    holds((whole as Record<string, unknown>)[key], value)
  );
}

/** What a package depends on. */
function isNameList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((name) => typeof name === "string");
}

/** The lock names a package's version where there are two of it in the lock, and only there. */
function withoutVersion(name: string): string {
  return name.replace(/(.)@.*$/, "$1");
}

function readText(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return undefined;
  }
}

/** JSON, or `undefined` where another program is writing it. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

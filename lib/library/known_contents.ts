import { hashFile } from "../io/hash.ts";
import { startProgress } from "../ui/progress.ts";
import type { Batches } from "./batches.ts";
import { type FoundFile, isThere } from "./files.ts";
import { all, isOneOf, quote } from "./sql.ts";
import type { Store } from "./store.ts";

/** Sizes that are asked for by name; more of them, and all are read. */
const FEW = 100;
/** Bytes whose comparison takes a while. */
const MUCH = 2 ** 26;
/** Contents that are looked up together. */
const LOOKED_UP = 256;

/** Files whose contents a library knows, by their paths. */
export interface KnownFiles {
  /** Those that hold what they held, and have the date that they had. */
  same: Set<string>;
  /** Those that were moved or copied, or have a new date. */
  moved: Set<string>;
  /** Those that are no longer where they were, though what they held is found elsewhere. */
  left: Set<string>;
}

/** What a library knows of contents, which need not be heard again under another name or date. */
export class KnownContents {
  readonly #store: Store;
  readonly #batches: Batches;
  readonly #isCurrent: string;
  readonly #found: KnownFiles = { same: new Set(), moved: new Set(), left: new Set() };
  /** A path of each content that several files hold. */
  readonly #sources = new Map<string, string>();

  /**
   * @param model What the sounds are heard by.
   * @param batches Takes in what is known of the files.
   */
  constructor(store: Store, model: string, batches: Batches) {
    this.#store = store;
    this.#batches = batches;
    this.#isCurrent = `model = ${quote(model)}`;
  }

  /** Takes over what is known of files with the same content, and writes it. */
  async take(changed: FoundFile[]): Promise<KnownFiles> {
    const hashes = await this.#hashesOfSizes(changed);
    let alike: { file: FoundFile; hash: string }[] = [];
    const take = async () => {
      await this.#takeOver(alike);
      alike = [];
      await this.#batches.flushWhenDue();
    };
    const ofSize = changed.filter(({ size }) => hashes.has(size));
    const isMuch = ofSize.reduce((sum, { size }) => sum + size, 0) > MUCH;
    const progress = isMuch
      ? startProgress("Comparing contents", { total: ofSize.length })
      : undefined;
    try {
      for (const [i, file] of ofSize.entries()) {
        try {
          const hash = await hashFile(file.path);
          if (hashes.get(file.size)!.has(hash)) alike.push({ file, hash });
        } catch {
          // What it can't be read for is found out where it is heard.
        }
        progress?.update(i + 1);
        if (alike.length >= LOOKED_UP) await take();
      }
    } finally {
      await progress?.finish();
    }
    await take();
    await this.#batches.flush();
    return this.#found;
  }

  /** Takes over what is known of files by their contents. */
  async #takeOver(files: { file: FoundFile; hash: string }[]): Promise<void> {
    if (files.length === 0) return;
    const { same, moved } = this.#found;
    const before = await this.#contentsOf(files.map(({ file }) => file.path));
    const isSame = ({ file, hash }: { file: FoundFile; hash: string }) => {
      const old = before.get(file.path);
      return old?.hash === hash && old.mtime === file.mtime;
    };
    const sources = await this.#sourcesOf([...new Set(files.map(({ hash }) => hash))]);
    const wanted = files.filter((one) => !isSame(one)).map(({ hash }) => hash);
    const paths = [...new Set(wanted)].map((hash) => sources.get(hash))
      .filter((path) => path !== undefined);
    const rows = paths.length === 0
      ? []
      : await this.#store.read(all([isOneOf("path", paths), this.#isCurrent])!);
    const byHash = Map.groupBy(rows, ({ hash }) => hash);
    for (const one of files) {
      const { file, hash } = one;
      if (isSame(one)) {
        this.#batches.addSame(file.path);
        same.add(file.path);
        continue;
      }
      const [source, ...rest] = byHash.get(hash) ?? [];
      if (source === undefined) continue;
      const others = rest.filter(({ path, batch }) =>
        path === source.path && batch === source.batch
      );
      this.#batches.addHeard(file, source, [source, ...others]);
      moved.add(file.path);
    }
  }

  /** What the library has of files, by their paths. */
  async #contentsOf(paths: string[]): Promise<Map<string, { hash: string; mtime: number }>> {
    const contents = new Map<string, { hash: string; mtime: number }>();
    const where = all([isOneOf("path", paths), this.#isCurrent]);
    for await (const { path, hash, mtime } of this.#store.list(["path", "hash", "mtime"], where)) {
      contents.set(path, { hash, mtime });
    }
    return contents;
  }

  /** A path of each content that the library has it from; what it has left is noted. */
  async #sourcesOf(hashes: string[]): Promise<Map<string, string>> {
    const sources = new Map<string, string>();
    const where = all([
      isOneOf("hash", hashes.filter((hash) => !this.#sources.has(hash))),
      this.#isCurrent,
    ]);
    for await (const { hash, path } of this.#store.list(["hash", "path"], where)) {
      if (sources.get(hash) === path) continue;
      // Whoever moves a library moves all of it, out of the places that are looked at.
      if (!isThere(path)) this.#found.left.add(path);
      // Thousands of files may hold the same: they are not listed for each of them.
      if (sources.has(hash)) this.#sources.set(hash, path);
      sources.set(hash, path);
    }
    for (const hash of hashes) {
      const path = this.#sources.get(hash);
      if (path !== undefined) sources.set(hash, path);
    }
    return sources;
  }

  /** The contents that the library has, by size: only a file of such a size is worth a look. */
  async #hashesOfSizes(files: FoundFile[]): Promise<Map<number, Set<string>>> {
    const bySize = new Map<number, Set<string>>();
    if (files.length === 0) return bySize;
    const sizes = [...new Set(files.map(({ size }) => size))];
    const among = sizes.length > FEW ? undefined : `size IN (${sizes.join(", ")})`;
    const wanted = new Set(sizes);
    for await (
      const { size, hash } of this.#store.list(["size", "hash"], all([this.#isCurrent, among]))
    ) {
      if (!wanted.has(size)) continue;
      const hashes = bySize.get(size);
      if (hashes === undefined) bySize.set(size, new Set([hash]));
      else hashes.add(hash);
    }
    return bySize;
  }
}

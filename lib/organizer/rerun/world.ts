import { statfsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { BatchError } from "./batch_error.ts";
import { type Extent, extentOf } from "./extent.ts";

/** Files and folders that a run may make; to count them takes time as well. */
export const MOST_FILES = 200_000;
/** Above what a run may write, so that it is seen and named before it is refused. */
const SEEN_FIRST = { bytes: 2 ** 24, files: 1000 };
const OPTIONS = "mode=0755,nosuid,nodev";
/** The parts of a world that a run sees, each under a path of its own. */
const PARTS = ["root", "cache", "tmp", "shm"] as const;
/** How long a holder's namespace may take to be there. */
const READY_MS = 10_000;

/** A folder, and what removes it. */
export interface Host {
  folder: string;
  remove(): void;
}

/**
 * All that a run may write to: its root, its cache, `/tmp` and `/dev/shm`. Where the kernel lets one,
 * this is one file system in memory with a size of its own, in a namespace of mounts that lives as
 * long as this object: what is written has an end that the kernel holds, files without a name
 * included, and all of it is gone at once, whatever it is. Else it is a folder, and the watch's business.
 */
export class World {
  /** As this process sees it. */
  readonly folder: string;
  /** As a command behind {@linkcode enter} sees it. */
  readonly mounted: string;
  /** Words before a command that is to see it. */
  readonly enter: string[];
  readonly #host: Host;
  readonly #holder?: Deno.ChildProcess;
  #start: Extent = { bytes: 0, files: 0, isHidden: false };

  private constructor(host: Host, holder?: Deno.ChildProcess) {
    this.#host = host;
    this.#holder = holder;
    this.mounted = host.folder;
    // By the holder: its mounts are nobody else's.
    this.folder = holder === undefined
      ? host.folder
      : join(`/proc/${holder.pid}/root`, host.folder);
    this.enter = holder === undefined ? [] : [
      ...["nsenter", "--target", `${holder.pid}`, "--user", "--mount", "--preserve-credentials"],
      "--",
    ];
    for (const part of PARTS) Deno.mkdirSync(join(this.folder, part), { mode: 0o755 });
  }

  /**
   * Makes a world.
   *
   * @param host An empty folder, which stays empty where the world is in memory; it is removed with it.
   * @param isSized Whether it is a file system of its own; see {@linkcode canBeSized}.
   * @throws {BatchError} Where it can't be made.
   */
  static async make(host: Host, isSized: boolean): Promise<World> {
    let holder: Deno.ChildProcess | undefined;
    try {
      if (isSized) holder = await hold(host.folder);
      return new World(host, holder);
    } catch (error) {
      if (holder !== undefined) end(holder);
      host.remove();
      throw error;
    }
  }

  /** Whether it is in memory, and its size the kernel's business. */
  get isSized(): boolean {
    return this.#holder !== undefined;
  }

  /** What is still free in it where a run has written more than it may; `undefined` without a size. */
  get spare(): { bytes: number; files: number } | undefined {
    return this.isSized ? SEEN_FIRST : undefined;
  }

  /** A part of it, as this process sees it. */
  part(name: typeof PARTS[number]): string {
    return join(this.folder, name);
  }

  /**
   * Shows a folder as a part of the cache: it can be written to, and nothing of that reaches the
   * folder.
   *
   * @returns Whether it could; else the folder has to be copied.
   */
  async overlay(folder: string, name: string): Promise<boolean> {
    if (this.#holder === undefined) return false;
    const inner = (part: string) => join(this.mounted, "overlay", name, part);
    const [upper, work] = [inner("upper"), inner("work")];
    const target = join(this.mounted, "cache", name);
    // The options of a mount are told from each other by commas and colons.
    if (/[,:\\]/.test(folder + this.mounted)) return false;
    return await this.#run(
      "sh",
      "-c",
      `mkdir -p "$1" "$2" "$3" && mount -t overlay -o "lowerdir=$0,upperdir=$1,workdir=$2,userxattr" o "$3"`,
      ...[folder, upper, work, target],
    );
  }

  /** From now on at most so many bytes and files more fit in. */
  async hold(bytes: number, files = MOST_FILES): Promise<void> {
    this.#start = this.#extent({ bytes: Infinity, files: Infinity });
    if (this.#holder === undefined) return;
    const size = this.#start.bytes + bytes + SEEN_FIRST.bytes;
    const inodes = this.#start.files + files + SEEN_FIRST.files;
    // With all options: those that are read from the system name users that are not known inside.
    const options = `remount,${OPTIONS},size=${size},nr_inodes=${inodes}`;
    if (!await this.#run("mount", "-t", "tmpfs", "-o", options, "qvim", this.mounted)) {
      throw new BatchError(`Expected to give ${this.mounted} a size but could not`);
    }
  }

  /** What was written since it is held. @param most Where it may stop counting. */
  used(most: { bytes: number; files: number }): Extent {
    const { bytes, files } = this.#start;
    const now = this.#extent({ bytes: bytes + most.bytes, files: files + most.files });
    return { bytes: now.bytes - bytes, files: now.files - files, isHidden: now.isHidden };
  }

  /** Removes it with all that is in it; no process of the run may be left. */
  remove(): void {
    if (this.#holder !== undefined) end(this.#holder);
    this.#host.remove();
  }

  #extent(most: { bytes: number; files: number }): Extent {
    if (this.#holder === undefined) return extentOf([this.folder], most);
    const { bsize, blocks, bfree, files, ffree } = statfsSync(this.folder);
    return { bytes: (blocks - bfree) * bsize, files: files - ffree, isHidden: false };
  }

  async #run(...words: string[]): Promise<boolean> {
    const [program, ...args] = [...this.enter, ...words];
    const { success } = await new Deno.Command(program, {
      ...{ args, stdin: "null", stdout: "null", stderr: "null" },
    }).output();
    return success;
  }
}

/**
 * Whether worlds can be file systems of their own here, with a sandbox in them.
 *
 * @param host An empty folder, which is removed.
 * @param trial A command that ends well where a sandbox can be made.
 */
export async function canBeSized(host: Host, trial: string[]): Promise<boolean> {
  let world: World | undefined;
  try {
    world = await World.make(host, true);
    await world.hold(0);
    const [program, ...args] = [...world.enter, ...trial];
    const { success } = await new Deno.Command(program, { args, stdout: "null", stderr: "null" })
      .output();
    return success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof BatchError) return false;
    throw error;
  } finally {
    world?.remove();
  }
}

/** Starts a process with a namespace of mounts of its own, and a file system in memory over a folder. */
async function hold(folder: string): Promise<Deno.ChildProcess> {
  const holder = new Deno.Command("unshare", {
    args: [
      ...["--user", "--map-root-user", "--mount", "sh", "-c"],
      `mount -t tmpfs -o ${OPTIONS} qvim "$0" && ` +
      // It ends with this process, however that ends: its standard input is closed then.
      `echo ready && read -r end`,
      folder,
    ],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const reader = holder.stdout.getReader();
  const { value } = await Promise.race([
    reader.read(),
    delay(READY_MS, { value: undefined }, { ref: false }),
  ]);
  reader.cancel().catch(() => {});
  if (value !== undefined) return holder;
  end(holder);
  throw new BatchError(`Expected to mount a file system in memory at ${folder} but could not`);
}

function end(holder: Deno.ChildProcess): void {
  try {
    holder.kill("SIGKILL");
  } catch {
    // It has ended by itself.
  }
  // Nothing is written to it any more; to be told of its end nobody has to wait.
  holder.stdin.close().catch(() => {});
}

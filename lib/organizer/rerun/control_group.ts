/** Control groups of Linux, version 2: what a run and all that it starts take together. */
import { join, relative } from "node:path/posix";
import { isAlive } from "./scratch.ts";
import { THREADS_PER_PROCESS } from "./kernel_limits.ts";
import type { Limits } from "./watch.ts";

/** What the groups of runs are called: with the number of the process that made them. */
const NAME = /^qvim-rerun-(\d+)-/;
/** Where this process stands aside, so that its group can have others in it. */
const ASIDE = `qvim-aside-${Deno.pid}`;
/** Microseconds, as `cpu.max` has it. */
const PERIOD = 100_000;
const NEEDED = ["memory", "pids"];

/**
 * Folders in which groups could be made, the nearest first: the group of a process and those that it
 * is in.
 *
 * @param mounts The text of `/proc/self/mountinfo`.
 * @param own The text of `/proc/self/cgroup`.
 */
export function groupFolders(mounts: string, own: string): string[] {
  const path = own.match(/^0::(.*)$/m)?.[1];
  const mount = mounts.split("\n").map((line) => line.split(" "))
    .find((words) => words[words.indexOf("-") + 1] === "cgroup2");
  if (path === undefined || mount === undefined) return [];
  const [root, top] = [mount[3], mount[4]];
  const below = relative(root, path);
  // A group beside the part that is mounted is not to be seen.
  if (below.startsWith("..")) return [];
  const parts = below.split("/").filter((part) => part !== "");
  return Array.from(
    { length: parts.length + 1 },
    (_, k) => join(top, ...parts.slice(0, parts.length - k)),
  );
}

/** The group of one run. */
export interface ControlGroup {
  /** Words before a command that is to be in it. */
  enter: string[];
  /** Whether the kernel has ended what is in it, because it took too much memory. */
  tookTooMuch(): boolean;
  /** Ends all that is in it, and removes it. */
  remove(): Promise<void>;
}

/** Makes groups for runs, where this process may. */
export class ControlGroups {
  readonly #folder: string;
  readonly #undo: () => void;
  #count = 0;

  private constructor(folder: string, undo: () => void) {
    this.#folder = folder;
    this.#undo = undo;
  }

  /**
   * Finds where groups can be made: root can, a session of systemd's, and what was delegated.
   *
   * @returns `undefined` where that is nowhere, as in most containers.
   */
  static async find(): Promise<ControlGroups | undefined> {
    const folders = groupFolders(
      read("/proc/self/mountinfo") ?? "",
      read("/proc/self/cgroup") ?? "",
    );
    const able = folders.filter((folder) => has(join(folder, "cgroup.controllers")));
    for (const folder of able) {
      if (!has(join(folder, "cgroup.subtree_control"))) continue;
      const groups = new ControlGroups(folder, () => {});
      if (await groups.#work()) return groups.#ready();
    }
    // Where none is prepared for it, this process's own can be, if it was delegated, or one above in
    // which nobody's processes would have to stand aside.
    for (const folder of able) {
      if (folder !== folders[0] && read(join(folder, "cgroup.procs")) !== "") continue;
      const undo = handDown(folder);
      if (undo === undefined) continue;
      const groups = new ControlGroups(folder, undo);
      if (await groups.#work()) return groups.#ready();
      undo();
    }
    return undefined;
  }

  /** @param share Of this machine's processors, for each run. */
  make(limits: Limits, share: number): ControlGroup {
    const folder = join(this.#folder, `qvim-rerun-${Deno.pid}-${++this.#count}`);
    Deno.mkdirSync(folder);
    const set = (name: string, value: string) => Deno.writeTextFileSync(join(folder, name), value);
    try {
      set("memory.max", `${limits.memory}`);
      set("pids.max", `${limits.processes * THREADS_PER_PROCESS}`);
    } catch (error) {
      Deno.removeSync(folder);
      throw error;
    }
    // Not every kernel has these, and a run is held without them.
    for (
      const [name, value] of [
        ["memory.swap.max", "0"],
        ["memory.oom.group", "1"],
        ["cpu.max", `${Math.ceil(share * navigator.hardwareConcurrency * PERIOD)} ${PERIOD}`],
      ]
    ) {
      try {
        set(name, value);
      } catch {
        // It is not there.
      }
    }
    return {
      enter: [
        ...["sh", "-c", 'echo $$ > "$0" && exec "$@"'],
        join(folder, "cgroup.procs"),
      ],
      tookTooMuch: () =>
        Number(read(join(folder, "memory.events"))?.match(/^oom_kill (\d+)$/m)?.[1] ?? 0) > 0,
      remove: () => removeGroup(folder),
    };
  }

  /** Leaves the groups as they were. */
  close(): void {
    this.#undo();
  }

  /** Without those of batches that were killed. */
  #ready(): this {
    for (const { name } of [...Deno.readDirSync(this.#folder)]) {
      const pid = Number(name.match(NAME)?.[1] ?? NaN);
      const folder = join(this.#folder, name);
      // Processes of another container, where the number means another one, are listed as 0.
      const isElsewhere = (read(join(folder, "cgroup.procs")) ?? "").split("\n").includes("0");
      if (pid > 0 && !isAlive(pid) && !isElsewhere) removeGroup(folder);
    }
    return this;
  }

  /** Whether a command can be run in a group of the folder. */
  async #work(): Promise<boolean> {
    let group: ControlGroup | undefined;
    try {
      group = this.make({ memory: 2 ** 30, processes: 1, disk: 0, timeout: 0 }, 1);
      const [program, ...args] = [...group.enter, "true"];
      const { success } = await new Deno.Command(program, { args, stderr: "null" }).output();
      return success;
    } catch {
      return false;
    } finally {
      await group?.remove();
    }
  }
}

/**
 * Gives the groups below this process's own what they can be held to. A group can't have both
 * processes and such groups, except the first of all: the processes stand aside.
 *
 * @returns What undoes it; `undefined` where it is not allowed.
 */
function handDown(folder: string): (() => void) | undefined {
  const isTop = read(join(folder, "cgroup.type")) === undefined;
  const aside = join(folder, ASIDE);
  const move = (from: string, to: string) => {
    for (const pid of (read(join(from, "cgroup.procs")) ?? "").split("\n")) {
      if (pid === "") continue;
      try {
        Deno.writeTextFileSync(join(to, "cgroup.procs"), pid);
      } catch {
        // It has ended, or is not this user's; what it means is seen below.
      }
    }
  };
  const control = (sign: string, names: string[]) =>
    Deno.writeTextFileSync(
      join(folder, "cgroup.subtree_control"),
      names.map((name) => sign + name).join(" "),
    );
  const undo = () => {
    try {
      control("-", [...NEEDED, "cpu"].filter((name) => names(folder).includes(name)));
      if (isTop) return;
      move(aside, folder);
      Deno.removeSync(aside);
    } catch {
      // Another batch has groups here by now.
    }
  };
  try {
    if (!isTop) {
      Deno.mkdirSync(aside);
      move(folder, aside);
    }
    control("+", NEEDED);
  } catch {
    undo();
    return undefined;
  }
  try {
    control("+", ["cpu"]);
  } catch {
    // Processors are shared as the kernel does by itself.
  }
  return undo;
}

const names = (folder: string) =>
  (read(join(folder, "cgroup.subtree_control")) ?? "").trim().split(" ");

function has(path: string): boolean {
  const there = (read(path) ?? "").trim().split(" ");
  return NEEDED.every((name) => there.includes(name));
}

/** How long a group may take to be empty once all in it was ended. */
const EMPTY_MS = 10_000;

async function removeGroup(folder: string): Promise<void> {
  try {
    Deno.writeTextFileSync(join(folder, "cgroup.kill"), "1");
  } catch {
    // An older kernel: the namespace of the run has ended its processes as well.
  }
  for (let waited = 0; waited < EMPTY_MS; waited += 20) {
    try {
      return Deno.removeSync(folder);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

function read(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return undefined;
  }
}

/**
 * What the cells of a run tried to reach: files outside of what is theirs, the network, native code,
 * programs. The walls deny it; an organizer wants to know of it all the same.
 */
// Sandboxes are Linux's.
import { join, resolve } from "node:path/posix";
import { within } from "../../io/within.ts";
import { temporaryFolder } from "../../io/temporary.ts";

/** The folders of a run, as its cells see them. */
export interface OwnPlaces {
  root: string;
  data: string;
  packageFolder: string;
  /** Deno's cache. */
  cache: string;
}

/** A line of what Deno writes where `DENO_AUDIT_PERMISSIONS` asks for it. */
export interface AuditRecord {
  permission: string;
  value: string | null;
}

/** Where the system keeps what programs need to start, which anybody may read. */
const SYSTEM =
  /^\/(usr|bin|sbin|lib|lib32|lib64|libx32|deno_program|dev\/(null|zero|u?random|shm))(\/|$)/;
/** More than anybody reads; a hostile run could try millions. */
const MOST = 40;
/** What of a path or a command line is told. */
const MOST_CHARACTERS = 200;
/** How often processes are looked at; what lives shorter may be missed. */
const PROCESSES_MS = 10;
/** What ONNX Runtime starts to tell machines from each other. */
const OF_ONNX = /^(sh -c echo `blkid; hostname`|blkid|hostname)$/;
/** What a set-up cell clones with, and what that starts. */
const GIT = /^(\/usr\/bin\/)?git$|^\/usr\/lib\/git-core\/git[\w-]*$/;
const MOST_COMMANDS = 1000;
const MAX_LINE = 2 ** 20;
/** How long what was recorded may take to be read. */
const SETTLE_MS = 10_000;

/**
 * What a record tells that an organizer should know; undefined where it is a run's own business.
 *
 * @example
 * ```ts
 * import { attemptOf } from "./attempts.ts";
 *
 * const places = { root: "/root_path", data: "/data", packageFolder: "/package", cache: "/cache" };
 * attemptOf({ permission: "read", value: "/etc/passwd" }, places); // "tried to read /etc/passwd"
 * ```
 */
export function attemptOf(
  { permission, value }: AuditRecord,
  places: OwnPlaces,
  mayFetch = false,
): string | undefined {
  if (value === null || permission === "net" && mayFetch) return undefined;
  // The relay of the set-up's own proxy is on this machine.
  if (permission === "net") {
    return /^(127\.0\.0\.1|localhost):/.test(value) ? undefined : told("tried to reach", value);
  }
  const path = pathOf(value);
  if (permission === "ffi") {
    const isPackage = isBelow(join(places.cache, "npm"), path);
    return isPackage ? undefined : told("loaded native code from", path);
  }
  // Each file that is opened is recorded as one to be read and as one to be written.
  if (permission !== "read") return undefined;
  if (isBelow(places.data, path)) {
    const below = path.slice(places.data.length);
    return /^\/?$|^\/(Items|Queries)(\/|$)/.test(below) ? undefined : told("tried to read", path);
  }
  const own = [places.root, places.packageFolder, places.cache, "/tmp"];
  if (own.some((folder) => isBelow(folder, path)) || SYSTEM.test(path)) return undefined;
  // A kernel finds its own ports by its own command line.
  if (path === "/proc/self/cmdline") return undefined;
  // Packages are looked for in all folders above.
  if (/^\/(node_modules|package\.json|deno\.jsonc?)(\/|$)/.test(path) || path === "/") {
    return undefined;
  }
  return told("tried to read", path);
}

/**
 * What a command line tells; undefined where it is one of the library's own processes, or fetches what
 * may be fetched.
 */
export function startedBy(
  command: string[],
  { root, packageFolder }: OwnPlaces,
  mayFetch = false,
): string | undefined {
  const [program, ...args] = command;
  if (mayFetch && GIT.test(program)) return undefined;
  const isOurs = /(^|\/)deno$/.test(program) &&
    (args[0] === "jupyter" || args.some((arg, i) =>
      // What stands before the program are options of Deno's.
      args.slice(1, i).every((option) => option.startsWith("-")) &&
      [root, packageFolder].some((folder) =>
        arg === join(folder, "lib/embedding/worker.ts") ||
        arg === join(folder, "lib/notebook/guard.ts")
      )
    ) || args.includes("decode.js") && args.includes("--cached-only"));
  const line = command.join(" ");
  return isOurs || OF_ONNX.test(line) ? undefined : told("started", line);
}

function told(what: string, value: string): string {
  const text = value.length > MOST_CHARACTERS ? `${value.slice(0, MOST_CHARACTERS)}…` : value;
  return `${what} ${text}`;
}

function pathOf(value: string): string {
  if (!value.startsWith("file://")) return resolve(value);
  try {
    return decodeURIComponent(new URL(value).pathname);
  } catch {
    return value;
  }
}

function isBelow(folder: string, path: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

/** A record that is being made. */
export interface Attempts {
  /** What the kernel's environment must have. */
  env: Record<string, string>;
  /** Waits until all has been told that happened so far. */
  settle(): Promise<void>;
}

/**
 * Begins to record what a kernel, and what it starts, tries.
 *
 * @param onAttempt Called with each thing once, up to forty of them, and with a word that there were more.
 * @param mayFetch Whether the cell that is run may fetch: what that reaches is told by its proxy.
 */
export async function recordAttempts(
  places: OwnPlaces,
  onAttempt: (text: string) => void,
  mayFetch: () => boolean,
): Promise<Attempts> {
  const seen = new Set<string>();
  const tell = (text: string | undefined) => {
    if (text === undefined || seen.has(text) || seen.size > MOST) return;
    seen.add(text);
    onAttempt(seen.size > MOST ? "tried more than that" : text);
  };
  const pipe = join(temporaryFolder("qvim-attempts-", "/tmp"), "attempts");
  // A pipe takes no room, however much is tried.
  const { success } = await new Deno.Command("mkfifo", { args: [pipe] }).output();
  if (!success) return { env: {}, settle: () => Promise.resolve() };
  const look = watchProcesses(
    (command) => tell(startedBy(command, places, mayFetch())),
    () => !mayFetch() && tell("started a program that ended at once"),
  );
  // Open for both, it never ends, and opening it waits for nobody.
  const file = await Deno.open(pipe, { read: true, write: true });
  const marks = new Map<string, () => void>();
  (async () => {
    for await (const line of linesOf(file.readable)) {
      const record = parseRecord(line);
      if (record === undefined) marks.get(line)?.();
      else tell(attemptOf(record, places, mayFetch()));
    }
  })();
  const untilRead = async (): Promise<true> => {
    const mark = crypto.randomUUID();
    const { promise, resolve } = Promise.withResolvers<void>();
    marks.set(mark, resolve);
    const writer = await Deno.open(pipe, { write: true });
    await writer.write(new TextEncoder().encode(`${mark}\n`));
    writer.close();
    await promise;
    return true;
  };
  let isWhole = true;
  const settle = async () => {
    look();
    // Cells may have taken the pipe away, or put another one in its place, which nobody reads.
    if (isWhole) isWhole = await within(SETTLE_MS, untilRead().catch(() => false)) ?? false;
  };
  return { env: { DENO_AUDIT_PERMISSIONS: pipe }, settle };
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let text = "";
  for await (const part of stream.pipeThrough(new TextDecoderStream())) {
    text += part;
    const lines = text.split("\n");
    text = lines.pop()!.slice(-MAX_LINE);
    yield* lines;
  }
}

function parseRecord(line: string): AuditRecord | undefined {
  try {
    const { permission, value } = JSON.parse(line);
    return { permission: String(permission), value: typeof value === "string" ? value : null };
  } catch {
    return undefined;
  }
}

/** A process as it was last seen. */
interface Seen {
  command?: string;
  parent: string;
  /** Pages that it took for children which have ended: they grow with each. */
  ofChildren: number;
}

/**
 * Calls back with each command line that a process has, and where one started a program that ended
 * before it could be looked at.
 *
 * @returns What looks at once.
 */
function watchProcesses(onStart: (command: string[]) => void, onMissed: () => void): () => void {
  const own = String(Deno.pid);
  const told = new Set<string>();
  const excused = new Set<string>();
  let known = new Map<string, Seen>();
  const look = () => {
    const now = new Map<string, Seen>();
    for (const { name: pid } of Deno.readDirSync("/proc")) {
      if (!/^\d+$/.test(pid) || pid === "1" || pid === own) continue;
      const state = stateOf(pid);
      if (state === undefined) continue;
      const command = known.get(pid)?.command ?? commandOf(pid);
      // Until it has become another program a process is a copy of the one that starts it.
      const isCopy = command === known.get(state.parent)?.command;
      now.set(pid, { ...state, command: isCopy ? undefined : command });
      if (isCopy || command === undefined || told.has(command)) continue;
      if (told.size < MOST_COMMANDS) told.add(command);
      onStart(command.split("\0"));
    }
    for (const [pid, { ofChildren }] of now) {
      const before = known.get(pid);
      if (before === undefined || ofChildren <= before.ofChildren) continue;
      const isSeen = Array.from(known).some(([child, { parent, command }]) =>
        parent === pid && command !== undefined && !now.has(child)
      );
      if (isSeen) continue;
      if (excused.has(pid) || !usesOnnx(pid)) onMissed();
      excused.add(pid);
    }
    known = now;
  };
  look();
  setInterval(look, PROCESSES_MS);
  return look;
}

/** The parent of a process, and the faults of its children that have ended. */
function stateOf(pid: string): Seen | undefined {
  const stat = readQuietly(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // The name in parentheses may hold anything.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return { parent: fields[1], ofChildren: Number(fields[8]) };
}

/** Whether it has loaded ONNX Runtime, which asks for the machine's name by a program, once. */
function usesOnnx(pid: string): boolean {
  return readQuietly(`/proc/${pid}/maps`)?.includes("libonnxruntime") ?? false;
}

/** The program of a process and its arguments, with NUL between them. */
function commandOf(pid: string): string | undefined {
  const line = readQuietly(`/proc/${pid}/cmdline`);
  return line === "" ? undefined : line?.replace(/\0$/, "");
}

function readQuietly(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    // It has ended.
    return undefined;
  }
}

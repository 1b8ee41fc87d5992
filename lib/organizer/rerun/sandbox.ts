import { join, relative, sep } from "node:path";
import { plain, shortened } from "../../io/plain.ts";
import { windowsFolder } from "../../io/process_tree.ts";
import { PACKAGES } from "./cache.ts";
import { HandedOutError } from "./handed_out.ts";
import { lockedPackages } from "./locked_packages.ts";
import { callFilter } from "./system_calls.ts";
import type { World } from "./world.ts";

/** What the network may be there for while a notebook is run. */
export const NETWORKS = ["none", "setup", "full"] as const;

/** What the network is there for. */
export type Network = typeof NETWORKS[number];

/** The folders that a run sees, and where it sees them. */
export interface SandboxOptions {
  /** The package, whose library the run is done with; read-only. */
  packageFolder: string;
  /** The data; read-only. */
  dataFolder: string;
  /** All that the run can write to. */
  world: World;
  /** Whether the run has a cache of its own, in its world. */
  ownCache: boolean;
  /** The organizer's own cache: what the runner needs comes from there, read-only. */
  sharedCache: string;
  /** What this part of the run has: with `setup`, the proxy; with `none`, nothing. */
  network: Network;
  /** A folder with the socket of the proxy, where the network is there for the set-up cell. */
  proxyFolder?: string;
}

/** A command that can be started, and the paths that it sees. */
export interface SandboxedCommand {
  program: string;
  args: string[];
  env: Record<string, string>;
  paths: {
    packageFolder: string;
    data: string;
    root: string;
    cache: string;
    proxyFolder?: string;
  };
}

/** Where a run sees Deno, whatever that is called and wherever it lies. */
const DENO = "/deno_program/deno";
/** What the library and the program inside need of the package. */
const PACKAGE_PARTS = ["deno.json", "deno.lock", "helpers.ts", "lib"];
const INSIDE = join("lib", "organizer", "rerun", "inside.ts");
/** Where the system keeps what programs need to start, and to trust others. */
const SYSTEM = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc/ld.so.cache"];
/** Whom a connection may trust, and how names are found; the proxy of a set-up cell finds them itself. */
const TRUST = ["/etc/ssl", "/etc/pki"];
const NAMES = ["/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf"];

/** The id of nobody, inside: whoever starts it, root as well. */
const NOBODY = "65534";
/**
 * Namespaces of its own, the one of users among them, in which it has no capabilities and can make no
 * further ones; bubblewrap forbids new privileges by itself.
 */
const WALLS = [
  ...["--unshare-all", "--unshare-user", "--uid", NOBODY, "--gid", NOBODY],
  ...["--disable-userns", "--cap-drop", "ALL", "--die-with-parent", "--new-session"],
  ...["--hostname", "qvim"],
  // Else bubblewrap stays inside as the first process, with the runner's pipes for any cell to open.
  "--as-pid-1",
];
/** Where the filter of system calls is handed over. */
const FILTER = 9;

/** Characters of what bubblewrap says that are told. */
const MOST_SAID = 300;

const PROGRAMS = "/usr/local/bin:/usr/bin:/bin";

/** A command that ends well where sandboxes can be made. */
export const TRIAL = [
  ...["bwrap", ...WALLS, ...SYSTEM.flatMap((path) => ["--ro-bind-try", path, path])],
  ...["--setenv", "PATH", PROGRAMS, "--proc", "/proc", "true"],
];

/** Whether bubblewrap is there and can make namespaces. */
export async function hasBubblewrap(): Promise<boolean> {
  return await faultOfBubblewrap() === undefined;
}

/** What was found in place of a bubblewrap that can make namespaces. */
export async function faultOfBubblewrap(): Promise<string | undefined> {
  try {
    const [program, ...args] = TRIAL;
    const { success, code, stderr } = await new Deno.Command(program, { args }).output();
    if (success) return undefined;
    const said = shortened(plain(new TextDecoder().decode(stderr)), MOST_SAID);
    return `that it ends with status ${code} and "${said}"`;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "none";
    throw error;
  }
}

/**
 * The command of a run in namespaces of its own: no home, no other processes, no network but what is
 * asked for, nothing to write to but its world, and no system call that no notebook needs.
 */
export function sandboxed(options: SandboxOptions): SandboxedCommand {
  const { world, packageFolder, network } = options;
  const deno = Deno.execPath();
  const paths = {
    packageFolder: "/package",
    data: "/data",
    root: "/root_path",
    cache: "/deno_cache",
    proxyFolder: options.proxyFolder && "/proxy",
  };
  // What a home holds may be settings of Deno's: those of the cells' own, which may have been written in
  // a part before, are not the runner's.
  const env = { ...environment(paths.cache, paths.root), HOME: "/" };
  const filter = callFilter();
  const filterFile = "calls.bpf";
  if (filter !== undefined) Deno.writeFileSync(join(world.folder, filterFile), filter);
  const readOnly = (path: string) => ["--ro-bind-try", path, path];
  const writable = (part: string, path: string) => ["--bind", join(world.mounted, part), path];
  const command = [
    "bwrap",
    ...WALLS,
    ...(filter === undefined ? [] : ["--seccomp", `${FILTER}`]),
    ...(network === "full" ? ["--share-net"] : []),
    "--clearenv",
    ...Object.entries(env).flatMap(([name, value]) => ["--setenv", name, value]),
    ...SYSTEM.flatMap(readOnly),
    ...(network === "none" ? [] : TRUST.flatMap(readOnly)),
    ...(network === "full" ? NAMES.flatMap(readOnly) : []),
    ...["--proc", "/proc", "--dev", "/dev"],
    ...writable("shm", "/dev/shm"),
    ...writable("tmp", "/tmp"),
    // Without what lies beside it.
    ...["--ro-bind", deno, DENO],
    ...PACKAGE_PARTS.flatMap((part) => [
      ...["--ro-bind", join(packageFolder, part), join(paths.packageFolder, part)],
    ]),
    ...writable("cache", paths.cache),
    ...sharedPackages(options).flatMap((path) => [
      ...["--ro-bind-try", join(options.sharedCache, path), join(paths.cache, path)],
    ]),
    ...["--ro-bind", options.dataFolder, paths.data],
    ...writable("root", paths.root),
    ...(options.proxyFolder ? ["--ro-bind", options.proxyFolder, "/proxy"] : []),
    // What stands between the mounts is in memory as well, and without an end.
    // Root's processes may write to the kernel's settings without any capability: the files are theirs.
    ...["--remount-ro", "/proc", "--remount-ro", "/dev", "--remount-ro", "/"],
    ...["--chdir", paths.root, "--"],
    ...[DENO, "run", "--quiet", "-A", join(paths.packageFolder, INSIDE)],
  ];
  const filtered = filter === undefined ? command : [
    ...["sh", "-c", `exec "$@" ${FILTER}< "$0"`, join(world.mounted, filterFile)],
    ...command,
  ];
  const [program, ...args] = [...world.enter, ...filtered];
  return { program, args, env: {}, paths };
}

/**
 * What a run sees of the organizer's own cache: packages alone, since what was transpiled is nobody's
 * business; beside a cache of its own, the packages that the runner is made of.
 *
 * @throws {HandedOutError} Where cells have put something else than folders there.
 */
function sharedPackages(options: SandboxOptions): string[] {
  const { packageFolder, sharedCache, ownCache, world } = options;
  if (!ownCache) return PACKAGES;
  const packages = lockedPackages(join(packageFolder, "deno.lock"), sharedCache);
  for (const path of packages) assertFolders(world.part("cache"), path);
  return packages;
}

/**
 * Makes sure that no part of a path that something is mounted at is a link: bubblewrap makes what is
 * missing while it still sees the whole system, and would make it where the link leads.
 */
function assertFolders(root: string, path: string): void {
  let inner = root;
  for (const part of path.split(sep)) {
    inner = join(inner, part);
    try {
      if (Deno.lstatSync(inner).isDirectory) continue;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return;
    }
    const place = relative(root, inner);
    throw new HandedOutError(`Expected a folder in the cache but found another thing at ${place}`);
  }
}

/** The command of a run without a sandbox. */
export function unprotected(options: SandboxOptions): SandboxedCommand {
  return {
    program: Deno.execPath(),
    args: ["run", "--quiet", "-A", join(options.packageFolder, INSIDE)],
    env: environment(
      options.ownCache ? options.world.part("cache") : options.sharedCache,
      options.world.part("root"),
    ),
    paths: {
      packageFolder: options.packageFolder,
      data: options.dataFolder,
      root: options.world.part("root"),
      cache: options.ownCache ? options.world.part("cache") : options.sharedCache,
      proxyFolder: options.proxyFolder,
    },
  };
}

function environment(cache: string, root: string): Record<string, string> {
  const temporary = join(root, "tmp");
  return {
    PATH: PROGRAMS,
    HOME: root,
    TMPDIR: temporary,
    ...Deno.build.os === "windows" ? ofWindows(root, temporary) : {},
    DENO_DIR: cache,
    DENO_NO_UPDATE_CHECK: "1",
    NO_COLOR: "1",
  };
}

/** What Windows and its programs can't do without; it has no sandbox. */
function ofWindows(root: string, temporary: string): Record<string, string> {
  const system = windowsFolder();
  return {
    SystemRoot: system,
    PATH: `${system}\\System32;${system}`,
    USERPROFILE: root,
    TMP: temporary,
    TEMP: temporary,
  };
}

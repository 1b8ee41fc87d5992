import { dirname, join } from "node:path";
import { lockedPackages } from "./locked_packages.ts";

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
  /** The run's own folder, the only one that it can write to. */
  rootFolder: string;
  /** Deno's cache. */
  cacheFolder: string;
  /** Whether the run may write to the cache: it then has one of its own. */
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

/** What the library and the program inside need of the package. */
const PACKAGE_PARTS = ["deno.json", "deno.lock", "helpers.ts", "lib"];
const INSIDE = join("lib", "organizer", "rerun", "inside.ts");
/** Where the system keeps what programs need to start, and to trust others. */
const SYSTEM = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc/ld.so.cache"];
const NETWORK = ["/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/ssl", "/etc/pki"];

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
];
/** What a run may write to besides its root, in bytes: in memory, and gone with it. */
const CACHE_BYTES = `${2 ** 28}`;
const SCRATCH_BYTES = `${2 ** 26}`;

/** Whether bubblewrap is there and can make namespaces. */
export async function hasBubblewrap(): Promise<boolean> {
  try {
    const args = [...WALLS, ...SYSTEM.flatMap((p) => ["--ro-bind-try", p, p]), "true"];
    const { success } = await new Deno.Command("bwrap", { args, stderr: "null", stdout: "null" })
      .output();
    return success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/**
 * The command of a run in namespaces of its own: no home, no other processes, no network but what is
 * asked for, nothing to write to but its root.
 *
 * @param request What the program inside is told, as {@linkcode import("./inside.ts")} takes it.
 */
export function sandboxed(options: SandboxOptions): SandboxedCommand {
  const deno = Deno.execPath();
  const paths = {
    packageFolder: "/package",
    data: "/data",
    root: "/root_path",
    cache: "/deno_cache",
    proxyFolder: options.proxyFolder && "/proxy",
  };
  const env = environment(paths.cache, paths.root);
  return {
    program: "bwrap",
    args: [
      ...WALLS,
      ...(options.network === "full" ? ["--share-net"] : []),
      "--clearenv",
      ...Object.entries(env).flatMap(([name, value]) => ["--setenv", name, value]),
      ...SYSTEM.flatMap((path) => ["--ro-bind-try", path, path]),
      ...(options.network === "none" ? [] : NETWORK.flatMap((p) => ["--ro-bind-try", p, p])),
      ...["--proc", "/proc", "--dev", "/dev"],
      ...[
        "--size",
        SCRATCH_BYTES,
        "--tmpfs",
        "/dev/shm",
        "--size",
        SCRATCH_BYTES,
        "--tmpfs",
        "/tmp",
      ],
      ...["--ro-bind", dirname(deno), "/deno_program"],
      ...PACKAGE_PARTS.flatMap((part) => [
        "--ro-bind",
        join(options.packageFolder, part),
        join(paths.packageFolder, part),
      ]),
      ...(options.ownCache ? withOwnCache(options) : [
        // Packages alone: what was transpiled of the organizer's own is nobody's business.
        ...["--size", CACHE_BYTES, "--tmpfs", "/deno_cache"],
        ...["npm", "remote", "registries"].flatMap((part) => [
          ...["--ro-bind-try", join(options.cacheFolder, part), join("/deno_cache", part)],
        ]),
      ]),
      ...["--ro-bind", options.dataFolder, paths.data],
      ...["--bind", options.rootFolder, paths.root],
      ...(options.proxyFolder ? ["--ro-bind", options.proxyFolder, "/proxy"] : []),
      ...["--chdir", paths.root, "--"],
      ...["/deno_program/deno", "run", "-A", join(paths.packageFolder, INSIDE)],
    ],
    env: {},
    paths,
  };
}

/** A cache that the run can write to, but for the packages that the runner is made of. */
function withOwnCache({ packageFolder, cacheFolder, sharedCache }: SandboxOptions): string[] {
  const locked = lockedPackages(join(packageFolder, "deno.lock"), sharedCache);
  return [
    ...["--bind", cacheFolder, "/deno_cache"],
    ...locked.flatMap((path) => [
      "--ro-bind",
      join(sharedCache, path),
      join("/deno_cache", path),
    ]),
  ];
}

/** The command of a run without a sandbox. */
export function unprotected(options: SandboxOptions): SandboxedCommand {
  return {
    program: Deno.execPath(),
    args: ["run", "-A", join(options.packageFolder, INSIDE)],
    env: environment(options.cacheFolder, options.rootFolder),
    paths: {
      packageFolder: options.packageFolder,
      data: options.dataFolder,
      root: options.rootFolder,
      cache: options.cacheFolder,
      proxyFolder: options.proxyFolder,
    },
  };
}

function environment(cache: string, root: string): Record<string, string> {
  return {
    PATH: "/usr/local/bin:/usr/bin:/bin",
    HOME: root,
    TMPDIR: join(root, "tmp"),
    DENO_DIR: cache,
    DENO_NO_UPDATE_CHECK: "1",
    NO_COLOR: "1",
  };
}

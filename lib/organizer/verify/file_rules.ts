import type { NodePath } from "@babel/traverse";
import { posix } from "node:path";
import { ASKS, MAKES_TEMPORARY, READS, WRITES, WRITES_BOTH } from "./names.ts";
import { isOfPackage } from "./patching.ts";
import { checkPath, readable } from "./places.ts";
import type { Remarks } from "./remarks.ts";
import type { Resolver } from "./resolver.ts";
import { concatenate, ROOT, type Value } from "./values.ts";

/** Texts that a package may take for a file's path. */
const MAY_BE_FILE = /^(⟨DATA_PATH⟩|file:|\/\w|\.\.?\/|~\/|[A-Za-z]:[\\/])/;
/** The helpers that write below the root. */
const HELPERS = /^qvim\/helpers\.(wgetDownload|googleDriveDownload|gitCloneCheckout|unpackFile)$/;

/** What puts a file where there may be none: what it is told first, or where it copies to. */
const BRINGS =
  /\.(writeFile|writeTextFile|appendFile|create|createWriteStream|open|copyFile|cp|rename)(Sync)?$/;

/** Looks at calls that read and write files: with paths that are known to be the submission's. */
export class FileRules {
  constructor(private readonly remarks: Remarks, private readonly resolver: Resolver) {}

  /** A call of something that the runtime or a package names. */
  check(path: NodePath, name: string, args: NodePath[]): void {
    // Whether a folder is there may decide where the data is looked for.
    const asksForData = ASKS.test(name) && this.remarks.placeOf(path).choosesPaths;
    if (READS.test(name) && !asksForData) this.#reads(path, name, args);
    if (WRITES.test(name)) this.#paths(path, name, args.slice(0, 1), "writes");
    if (WRITES_BOTH.test(name)) {
      this.#paths(path, name, args.slice(0, 2), "writes");
      // What is linked or copied is read as well.
      this.#paths(path, name, args.slice(0, 1), "reads");
    }
    if (MAKES_TEMPORARY.test(name)) this.#temporary(path, name, args[0]);
    if (isOfPackage(name)) this.#package(path, name, args);
    this.#brings(path, name, args[WRITES_BOTH.test(name) ? 1 : 0]);
    this.#helper(path, name, args);
  }

  /** What the set-up cell writes itself is there when it has run, as what it fetches by the helpers. */
  #brings(path: NodePath, name: string, file: NodePath | undefined): void {
    if (file === undefined || !BRINGS.test(name) || !this.remarks.placeOf(path).isSetup) return;
    this.resolver.fetches(this.resolver.resolve(file));
  }

  /** What the helpers fetch and unpack goes below the root, and not to the output. */
  #helper(path: NodePath, name: string, args: NodePath[]): void {
    const folder = args[/Download$/.test(name) ? 2 : /unpackFile$/.test(name) ? 1 : 0];
    if (!HELPERS.test(name) || folder === undefined && !/Download$/.test(name)) return;
    const slash: Value[] = [{ kind: "text", text: "/" }];
    let target = concatenate([{ kind: "text", text: ROOT }], slash);
    if (folder) target = concatenate(target, this.resolver.resolve(folder));
    if (/Download$/.test(name) && args[0]) {
      target = concatenate(concatenate(target, slash), this.resolver.resolve(args[0]));
    }
    this.resolver.fetches(target);
    for (const value of target) {
      const found = checkPath(value, "writes", name);
      if (/unpackFile$/.test(name) && isRoot(value)) {
        const message = "unpacks into ROOT_PATH itself, where files of the package may be replaced";
        this.remarks.add(path, "paths", "warning", message);
      }
      if (found?.severity === "violation") {
        this.remarks.add(path, found.rule, found.severity, `${name} ${found.message}`);
      }
    }
  }

  /** A package may read what it is given: the data, and files elsewhere, are told from other texts. */
  #package(path: NodePath, name: string, args: NodePath[]): void {
    for (const value of args.flatMap((arg) => this.resolver.resolve(arg))) {
      if (value.kind !== "text" || !MAY_BE_FILE.test(value.text)) continue;
      const found = checkPath(value, "reads", name);
      if (found !== undefined) {
        this.remarks.add(path, "paths", "warning", `${name} ${found.message}`);
      }
    }
  }

  #reads(path: NodePath, name: string, args: NodePath[]): void {
    const options = /open(Sync)?$/.test(name) && args[1];
    const what = options && !this.#onlyReads(options) ? "writes" : "reads";
    this.#paths(path, name, args.slice(0, 1), what);
  }

  /** Whether the options of `open` ask for reading alone. */
  #onlyReads(options: NodePath): boolean {
    const values = this.resolver.resolve(options);
    return values.every((value) => {
      if (value.kind === "text") return /^r/.test(value.text) && !value.text.includes("+");
      if (value.kind !== "code" || !value.path.isObjectExpression()) return false;
      return !this.resolver.fields(value.path).isChanged(value.path.node) &&
        value.path.node.properties.every((property) =>
          property.type === "ObjectProperty" && property.key.type === "Identifier" &&
          !property.computed && property.key.name === "read"
        );
    });
  }

  #paths(path: NodePath, name: string, args: NodePath[], what: "reads" | "writes"): void {
    for (const arg of args) this.#values(path, name, this.resolver.resolve(arg), what);
  }

  #values(path: NodePath, name: string, values: Value[], what: "reads" | "writes"): void {
    for (const value of values) {
      if (value.kind !== "sound") this.remarks.uses(path, `${what} ${told(value)}`);
      const found = checkPath(value, what, name);
      if (found !== undefined) {
        this.remarks.add(path, found.rule, found.severity, `${name} ${found.message}`);
      }
    }
  }

  #temporary(path: NodePath, name: string, options: NodePath | undefined): void {
    const folder = options && this.resolver.parts.property(this.resolver.resolve(options), "dir");
    if (folder === undefined || folder.every(({ kind }) => kind === "unknown")) {
      const message =
        `${name} writes to the system's temporary folder; give it a dir below ROOT_PATH`;
      return this.remarks.add(path, "paths", "violation", message);
    }
    this.#values(path, name, folder, "writes");
  }
}

function isRoot(value: Value): boolean {
  return value.kind === "text" && posix.normalize(`${value.text}/`) === `${ROOT}/`;
}

/** What is read or written, in a word. */
function told(value: Value): string {
  return value.kind === "text" ? readable(value.text) : "…";
}

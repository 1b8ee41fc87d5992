/**
 * Powers: what reaches files, processes, the network, other code or the fixed cells. A reference to
 * one is in a form that the rules follow to its end, or it is shown: a list of bad forms can't win.
 */
import traverse, { type NodePath } from "@babel/traverse";
import type * as t from "@babel/types";
import type { Finding } from "./findings.ts";
import { MAKES_TEMPORARY, READS, WRITES, WRITES_BOTH } from "./names.ts";
import type { Place, Program } from "./program.ts";
import type { Resolver } from "./resolver.ts";

/** What of the runtime tells something and changes nothing. */
const HARMLESS =
  /^(Deno\.(version|build|args|inspect|errors|noColor|pid|memoryUsage|systemMemoryInfo|hostname|osRelease|osUptime|loadavg|cwd|stdout|stderr|isatty|consoleSize|SeekMode|customInspect|mainModule|execPath|env|env\.(get|has|toObject)|permissions|gid|uid|exitCode)(\.(?!set|delete).*)?|(node:)?process\.(argv|env|platform|version|versions|memoryUsage|hrtime|nextTick|cwd|stdout|stderr|arch|pid|ppid|uptime|cpuUsage|release|title|emitWarning|on|once|off|exitCode)(\..*)?)$/;
/** What the set-up cell may do, as the rules allow it. */
const SETUP =
  /^(Deno\.(Command|connect|connectTls|resolveDns|createHttpClient)|node:(http|https)(\..*)?)$/;
/** Whether something is there. */
const ASKS =
  /^node:fs(\/promises|\.promises)?\.(exists|existsSync|access|accessSync|constants(\..*)?)$/;
/** Modules of the runtime that compute and nothing else. */
const HARMLESS_MODULES =
  /^node:(path|buffer|util|url|assert|events|stream|crypto|zlib|os|perf_hooks|timers|string_decoder|querystring|punycode|async_hooks|console|constants|diagnostics_channel|tty)([./].*)?$/;
/** Packages that reach files, processes, the network, native code or other languages. */
const POWERFUL_PACKAGES =
  /^((npm|jsr):)?\/?(@std\/(fs|cli|dotenv)|fs-extra|graceful-fs|execa|shelljs|zx|cross-spawn|node-pty|tinyexec|dax|node-fetch|axios|got|undici|ky|superagent|request|ws|socket\.io.*|better-sqlite3|sqlite3|sqlite|ffi-napi|ref-napi|koffi|node-gyp.*|bindings|puppeteer.*|playwright.*|pyodide|python-shell|node-python|pymport|glob|fast-glob|globby|rimraf|mkdirp|chokidar|vm2|isolated-vm|esbuild|jiti|tsx|import-fresh|require-from-string|module-alias|edge-js|node-calls-python|ssh2|simple-git|isomorphic-git|systeminformation)(@[^/]*)?(\/.*)?$/;
/** Names that are dangerous by themselves, without anything behind them. */
const POWER_NAMES =
  /^(Deno|globalThis|window|self|global|frames|parent|top|process|node:process|Reflect|Proxy|WebAssembly|SharedWorker|ShadowRealm|importScripts|require|module)$/;
/** Names of which no use is followed. */
const UNFOLLOWED =
  /^(WebAssembly|Proxy|ShadowRealm|SharedWorker|caches|localStorage|sessionStorage|indexedDB|BroadcastChannel)(\.|$)/;
/** What of `Reflect` only looks. */
const LOOKS = /^Reflect\.(ownKeys|has|getOwnPropertyDescriptor)$/;
/** The run of the fixed cells, and what shows figures. */
const FIXED_POWERS = /^(qvim\.(currentRun|NotebookRun)|qvim\/helpers\.setRootPath)(\..*)?$/;
/** The runtime's own objects, which everybody shares: whoever holds one can change it. */
const SHARED =
  /^(JSON|Math|Object|Array|Map|Set|WeakMap|WeakSet|Promise|Symbol|Date|RegExp|Error|Intl|Atomics|console|performance|Float32Array|Float64Array|Uint8Array|Int16Array|ArrayBuffer|DataView|crypto|navigator|Iterator|Temporal|structuredClone|TextDecoder|TextEncoder|URL)$/;

/** Files that are no code, imported as if they were. */
const IMPORT_TYPES = /^(text|bytes)$/;

/** What of a notebook's powers a reader sees in ten seconds. */
export interface PowerList {
  /** Names of functions of the runtime that are used, such as `Deno.readFileSync`. */
  uses: string[];
  /** Packages and modules that are imported. */
  modules: string[];
}

/** Looks at every reference to a power in what participants wrote. */
export class PowerChecker {
  readonly #findings = new Map<string, Finding>();
  readonly #uses = new Set<string>();
  readonly #modules = new Set<string>();

  constructor(private readonly program: Program, private readonly resolver: Resolver) {}

  /** @returns What can't be followed, in the order of the lines. */
  check(): Finding[] {
    traverse(this.program.ast, {
      Identifier: (path) => {
        if (path.isReferencedIdentifier()) this.#name(path);
      },
      MetaProperty: (path) => this.#meta(path),
      MemberExpression: (path) => this.#member(path),
      OptionalMemberExpression: (path) => this.#member(path as NodePath),
      ObjectPattern: (path) => this.#pattern(path),
      ImportDeclaration: (path) => this.#import(path),
      TSImportEqualsDeclaration: (path) => {
        this.#look(path, "imports by another name, which can't be followed from here");
      },
      ImportExpression: (path) => this.#importExpression(path),
      CallExpression: (path) => this.#call(path),
      OptionalCallExpression: (path) => this.#call(path as NodePath as NodePath<t.CallExpression>),
      NewExpression: (path) => this.#note(path),
    });
    return [...this.#findings.values()];
  }

  /** What is used, once {@linkcode check} has run. */
  powers(): PowerList {
    return { uses: [...this.#uses].sort(), modules: [...this.#modules].sort() };
  }

  #placeOf(path: NodePath): Place {
    return this.program.placeOf(path.node.loc?.start.line ?? 1);
  }

  #look(path: NodePath, message: string): void {
    const { cell, line, file, isOwn } = this.#placeOf(path);
    if (!isOwn) return;
    const key = `${cell} ${file} ${line}`;
    if (this.#findings.has(key)) return;
    this.#findings.set(key, { rule: "unclear", severity: "warning", cell, line, file, message });
  }

  /** A name that stands by itself, such as `Deno`, or the local name of what is imported. */
  #name(path: NodePath): void {
    const parent = path.parentPath!;
    if (isName(parent, path)) return;
    // What a function is handed is shown where it is handed on.
    if (path.scope.getBinding((path.node as t.Identifier).name)?.kind === "param") return;
    for (const name of this.resolver.names(path)) this.#reference(path, name);
  }

  #member(path: NodePath): void {
    const member = path as NodePath<t.MemberExpression>;
    const key = this.resolver.key(member);
    if (key === "constructor" && !isHarmlessConstructor(path)) {
      this.#look(path, "takes .constructor, which makes functions of texts");
    }
    if (key === "__proto__" || key === "__defineGetter__" || key === "__defineSetter__") {
      this.#look(path, `uses ${key}; whose prototype that is can't be told`);
    }
    if (key === "prototype" && !this.#isOwnClass(member.get("object") as NodePath)) {
      this.#look(path, "reaches a prototype that others share");
    }
    const whole = key === undefined
      ? this.resolver.names(member.get("object") as NodePath).find((name) =>
        /^(qvim|node:|npm:|Deno|process)/.test(name)
      )
      : undefined;
    if (whole !== undefined) {
      this.#look(path, `uses something of ${whole} whose name can't be told`);
    }
    if (key === undefined && this.#isRisky(member)) {
      this.#look(path, "reaches into a function or a text by a name that can't be told");
    }
    if (isName(path.parentPath!, path)) return;
    for (const name of this.resolver.names(path)) this.#reference(path, name);
  }

  /** A use of what the runtime or a package names. */
  #reference(path: NodePath, name: string): void {
    const isPower = /^(Deno|node:|process)/.test(name) && name !== "Deno" && !ASKS.test(name) &&
      !HARMLESS_MODULES.test(name) && !HARMLESS.test(name);
    if (isPower) {
      this.#note(path, name);
    }
    // The rules look at what the set-up cell starts and fetches.
    if (this.#placeOf(path).isSetup && SETUP.test(name) && (isCalled(path) || isFollowed(path))) {
      return;
    }
    if (FIXED_POWERS.test(name)) {
      this.#look(path, `takes part in the fixed cells' run by ${name}`);
    } else if (/^Deno\.jupyter(\.|$)/.test(name)) {
      this.#look(
        path,
        `shows something by ${name}, which may look like a figure of the fixed cells`,
      );
    } else if (UNFOLLOWED.test(name)) {
      this.#look(path, `uses ${name}, behind which anything may stand`);
    } else if (POWER_NAMES.test(name)) {
      if (!isFollowed(path)) {
        this.#look(path, `hands ${name} on, which can't be followed from here`);
      }
    } else if (isPathFunction(name)) {
      if (!isCalled(path) && !isFollowed(path)) {
        this.#look(path, `hands ${name} on; with which paths it is called can't be told`);
      }
    } else if (/^(Deno|process|node:process)\./.test(name)) {
      if (!HARMLESS.test(name)) this.#look(path, `uses ${name}, which reaches beyond the notebook`);
    } else if (ASKS.test(name)) {
      // Whether something is there tells nothing of what is in it.
    } else if (name.startsWith("node:") && !HARMLESS_MODULES.test(name)) {
      const isWhole = /^node:fs(\/promises|\.promises)?$/.test(name) && isFollowed(path);
      if (!isWhole) this.#look(path, `uses ${name}, which reaches beyond the notebook`);
    } else if (name.startsWith("Reflect.") && !LOOKS.test(name)) {
      this.#look(path, `uses ${name}, behind which anything may stand`);
    } else if (/^(Object|Reflect)\.(getPrototypeOf|setPrototypeOf)$/.test(name)) {
      this.#look(path, `reaches a prototype by ${name}`);
    } else if (SHARED.test(name) && isHeld(path)) {
      this.#look(path, `hands ${name} on, which everybody shares`);
    }
  }

  /** Whether something by an unknown name may be `constructor`: of functions, texts and numbers. */
  #isRisky(member: NodePath<t.MemberExpression>): boolean {
    const object = member.get("object") as NodePath;
    const isFunction = this.resolver.resolve(object).some((value) =>
      value.kind === "code" && (value.path.isFunction() || value.path.isClass())
    );
    const isLiteral = object.isStringLiteral() || object.isNumericLiteral() ||
      object.isBooleanLiteral() || object.isRegExpLiteral() || object.isTemplateLiteral() ||
      object.isObjectExpression();
    if (isFunction || isLiteral) return true;
    const key = member.get("property") as NodePath;
    // A text that is built where it is used is built to hide it.
    return isCalled(member) && isBuiltText(key, this.resolver);
  }

  #isOwnClass(object: NodePath): boolean {
    if (object.isThisExpression()) return true;
    const values = this.resolver.resolve(object);
    return values.length > 0 &&
      values.every(({ kind, ...value }) =>
        kind === "code" && ((value as { path: NodePath }).path.isClass() ||
          (value as { path: NodePath }).path.isFunction())
      );
  }

  /** `const { [key]: value } = …`: a key that is no constant, into what may be a power. */
  #pattern(path: NodePath): void {
    const source = path.parentPath?.isVariableDeclarator()
      ? path.parentPath.get("init") as NodePath
      : path.parentPath?.isAssignmentExpression()
      ? path.parentPath.get("right") as NodePath
      : undefined;
    const names = source?.node ? this.resolver.names(source) : [];
    for (const property of path.get("properties") as NodePath[]) {
      if (property.isRestElement()) {
        if (names.some((name) => POWER_NAMES.test(name))) {
          this.#look(property, `takes the rest of ${names[0]}, which can't be followed from here`);
        }
        continue;
      }
      const { computed, key } = property.node as t.ObjectProperty;
      const value = computed ? this.resolver.resolve(property.get("key") as NodePath) : undefined;
      const text = value === undefined
        ? key.type === "Identifier" ? key.name : key.type === "StringLiteral" ? key.value : ""
        : value.length === 1 && value[0].kind === "text"
        ? value[0].text
        : undefined;
      if (text === undefined) {
        this.#look(
          property,
          `takes something of ${names[0] ?? "a value"} whose name can't be told`,
        );
      } else if (text === "constructor" || text === "__proto__" || text === "prototype") {
        this.#look(property, `takes ${text}, which makes functions or changes what others share`);
      } else {
        for (const name of names) {
          this.#reference(
            property,
            `${name}.${text}`.replace(/^(globalThis|self|window|global)\./, ""),
          );
        }
      }
    }
  }

  #meta(path: NodePath): void {
    const { parent } = path;
    const isKnown = parent.type === "MemberExpression" && !parent.computed &&
      parent.property.type === "Identifier" &&
      /^(url|filename|dirname|main|resolve)$/.test(parent.property.name);
    if (!isKnown && (path.node as t.MetaProperty).meta.name === "import") {
      this.#look(path, "hands import.meta on");
    }
  }

  #import(path: NodePath<t.ImportDeclaration>): void {
    this.#module(path, path.node.source.value);
    for (const { key, value } of path.node.attributes ?? []) {
      const name = key.type === "Identifier" ? key.name : key.value;
      if (name === "type" && IMPORT_TYPES.test(value.value)) {
        this.#look(path, `reads ${path.node.source.value} as ${value.value}, by an import`);
      }
    }
  }

  #importExpression(path: NodePath<t.ImportExpression>): void {
    for (const value of this.resolver.resolve(path.get("source") as NodePath)) {
      if (value.kind === "text") this.#module(path, value.text);
    }
    const options = path.node.options;
    if (options) this.#look(path, "imports with options, which may read any file");
  }

  #module(path: NodePath, module: string): void {
    if (!this.#placeOf(path).isOwn) return;
    this.#modules.add(module);
    if (POWERFUL_PACKAGES.test(module)) {
      this.#look(path, `imports ${module}, a package that reaches beyond the notebook`);
    }
    if (
      /^node:/.test(module) && !HARMLESS_MODULES.test(module) && !/^node:(fs|process)/.test(module)
    ) {
      this.#look(path, `imports ${module}, which reaches beyond the notebook`);
    }
    if (/\.(node|wasm)$/.test(module)) {
      this.#look(path, `imports ${module}, which is no TypeScript`);
    }
    if (/^(\/|file:|\.\.)/.test(module) && /\.(json|txt|csv|md)$/i.test(module)) {
      this.#look(path, `reads ${module}, by an import`);
    }
  }

  #call(path: NodePath<t.CallExpression>): void {
    this.#note(path);
    const args = path.get("arguments") as NodePath[];
    for (const name of this.resolver.names(path.get("callee") as NodePath)) {
      if (name === "fetch" && args[0]) this.#fetch(path, args[0]);
    }
  }

  #fetch(path: NodePath, address: NodePath): void {
    for (const value of this.resolver.resolve(address)) {
      if (value.kind !== "text") this.#look(path, "fetches an address that can't be told");
      else if (!/^https?:/i.test(value.text)) {
        this.#look(path, `fetches ${JSON.stringify(value.text)}, which may be a file`);
      }
    }
  }

  #note(path: NodePath, name?: string): void {
    if (!this.#placeOf(path).isOwn) return;
    if (name !== undefined) this.#uses.add(name);
  }
}

function isPathFunction(name: string): boolean {
  return READS.test(name) || WRITES.test(name) || WRITES_BOTH.test(name) ||
    MAKES_TEMPORARY.test(name) || /^Deno\.open(Sync)?$/.test(name);
}

/** Whether a chain of names goes on: the whole of it is looked at, not its beginning. */
function isName(parent: NodePath, path: NodePath): boolean {
  return (parent.isMemberExpression() || parent.isOptionalMemberExpression()) &&
    path.key === "object";
}

function isCalled(path: NodePath): boolean {
  const { parent } = path;
  return (parent.type === "CallExpression" || parent.type === "OptionalCallExpression" ||
    parent.type === "NewExpression") && path.key === "callee";
}

/** Whether the rules see what becomes of a value: it gets another name, or is taken apart by name. */
function isFollowed(path: NodePath): boolean {
  const { parent } = path;
  switch (parent.type) {
    case "VariableDeclarator":
      // What a namespace declares is used as its member, which is not followed.
      return path.key === "init" &&
        path.findParent((parent) => parent.isTSModuleBlock()) === null;
    case "AssignmentExpression":
      return path.key === "right" && parent.left.type !== "MemberExpression";
    case "UnaryExpression":
      return parent.operator === "typeof";
    case "ExportSpecifier":
      return true;
    case "TSAsExpression":
    case "TSNonNullExpression":
    case "TSSatisfiesExpression":
    case "ParenthesizedExpression":
      return path.parentPath!.parentPath !== null &&
        (isName(path.parentPath!.parentPath!, path.parentPath!) || isFollowed(path.parentPath!));
    case "MemberExpression":
    case "OptionalMemberExpression":
      return path.key === "object";
    default:
      return false;
  }
}

/** Whether a shared object goes where it can be changed under another name. */
function isHeld(path: NodePath): boolean {
  const { parent } = path;
  switch (parent.type) {
    case "ArrayExpression":
    case "SpreadElement":
    case "ReturnStatement":
    case "ArrowFunctionExpression":
    case "YieldExpression":
    case "ObjectProperty":
    case "ClassProperty":
    case "ConditionalExpression":
    case "LogicalExpression":
      return path.key !== "test" && path.key !== "key";
    case "CallExpression":
    case "OptionalCallExpression":
    case "NewExpression":
      return path.key !== "callee";
    default:
      return false;
  }
}

/** `x.constructor.name` and comparisons ask what something is. */
function isHarmlessConstructor(path: NodePath): boolean {
  const { parent } = path;
  if (parent.type === "MemberExpression" && path.key === "object") {
    return !parent.computed && parent.property.type === "Identifier" &&
      parent.property.name === "name";
  }
  if (path.parentPath!.isTSAsExpression()) {
    return false;
  }
  return parent.type === "BinaryExpression";
}

/** Whether a text is put together where it is used. */
function isBuiltText(key: NodePath, resolver: Resolver): boolean {
  if (key.isTemplateLiteral() || key.isBinaryExpression({ operator: "+" })) return true;
  if (key.isCallExpression()) return true;
  if (!key.isIdentifier()) return false;
  const binding = key.scope.getBinding(key.node.name);
  const init = binding?.path.isVariableDeclarator()
    ? binding.path.get("init") as NodePath
    : undefined;
  if (init?.node === undefined || init.node === null) return false;
  const isNumber = init.isNumericLiteral() ||
    init.isBinaryExpression() && init.node.operator !== "+";
  return !isNumber && !init.isIdentifier() && isBuiltText(init, resolver);
}

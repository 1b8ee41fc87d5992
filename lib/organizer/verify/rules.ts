import traverse, { type NodePath } from "@babel/traverse";
import type * as t from "@babel/types";
import type { Finding, Rule } from "./findings.ts";
import {
  CHANGES_OBJECT,
  FORBIDDEN,
  INSTALLS,
  MAKES_TEMPORARY,
  READS,
  WHOLE_OBJECTS,
  WRITES,
  WRITES_BOTH,
} from "./names.ts";
import { checkPath } from "./places.ts";
import type { Place, Program } from "./program.ts";
import type { Resolver } from "./resolver.ts";

/** The name of the file that holds the answers. */
const GROUND_TRUTH = /DEV Dataset|\.csv$/i;
/** Methods that a model is handed paths by. */
const HANDED_PATHS = /^(computeSimilarities|embedItem|embedQuery)$/;
/** What runs a function later. */
const WAITS =
  /^(setTimeout|setInterval|setImmediate|queueMicrotask|addEventListener|node:timers.*)$/;
/** What takes a text apart. */
const TAKES_APART =
  /^(split|match|matchAll|replace|replaceAll|includes|startsWith|endsWith|slice|substring|substr|indexOf|lastIndexOf|search|at|charAt|charCodeAt|codePointAt)$/;

/** Applies the rules to what participants wrote in a program. */
export class RuleChecker {
  readonly #findings = new Map<string, Finding>();

  constructor(private readonly program: Program, private readonly resolver: Resolver) {}

  /** @returns What was found, in the order of the lines. */
  check(): Finding[] {
    traverse(this.program.ast, {
      Identifier: (path) => {
        if (path.isReferencedIdentifier()) this.#reference(path);
      },
      MemberExpression: (path) => this.#reference(path),
      OptionalMemberExpression: (path) => this.#reference(path as NodePath),
      ImportDeclaration: (path) => this.#module(path, path.node.source.value),
      ExportAllDeclaration: (path) => this.#module(path, path.node.source.value),
      ExportNamedDeclaration: (path) => {
        if (path.node.source) this.#module(path, path.node.source.value);
      },
      ImportExpression: (path) => this.#dynamicImport(path, path.get("source") as NodePath),
      CallExpression: (path) => this.#call(path),
      OptionalCallExpression: (path) => this.#call(path as NodePath as NodePath<t.CallExpression>),
      NewExpression: (path) => this.#call(path as NodePath as NodePath<t.CallExpression>),
      AssignmentExpression: (path) => this.#change(path.get("left") as NodePath),
      ForXStatement: (path) => {
        const left = path.get("left") as NodePath;
        if (!left.isVariableDeclaration()) this.#change(left);
      },
      UpdateExpression: (path) => this.#change(path.get("argument") as NodePath),
      UnaryExpression: (path) => {
        if (path.node.operator === "delete") this.#change(path.get("argument") as NodePath);
      },
      StringLiteral: (path) => {
        // A piece of a longer text is looked at as a whole.
        if (!path.parentPath.isBinaryExpression()) this.#text(path, path.node.value);
      },
      TemplateElement: (path) => this.#text(path, path.node.value.cooked ?? ""),
      BinaryExpression: (path) => {
        for (const value of this.resolver.resolve(path)) {
          if (value.kind === "text") this.#text(path, value.text);
        }
      },
    });
    return [...this.#findings.values()];
  }

  #placeOf(path: NodePath): Place {
    return this.program.placeOf(path.node.loc?.start.line ?? 1);
  }

  #add(path: NodePath, rule: Rule, severity: Finding["severity"], message: string): void {
    const { cell, line, file, isOwn } = this.#placeOf(path);
    if (!isOwn) return;
    const key = `${rule} ${severity} ${cell} ${file} ${line}`;
    if (!this.#findings.has(key)) {
      this.#findings.set(key, { rule, severity, cell, line, file, message });
    }
  }

  /** A name, or a chain of them, that is used. */
  #reference(path: NodePath): void {
    for (const name of this.resolver.names(path)) {
      this.#forbidden(path, name);
      // What a function is handed is shown where it is handed on.
      const isParameter = path.isIdentifier() &&
        path.scope.getBinding(path.node.name)?.kind === "param";
      if (WHOLE_OBJECTS.test(name) && !isParameter && isHandedOn(path)) {
        const message = `hands ${name} on, which can't be followed from here`;
        this.#add(path, "unclear", "warning", message);
      }
    }
    if (!path.isMemberExpression() || this.resolver.key(path) !== undefined) return;
    for (const name of this.resolver.names(path.get("object") as NodePath)) {
      if (!WHOLE_OBJECTS.test(name)) continue;
      const message = `uses something of ${name} whose name can't be told`;
      this.#add(path, "unclear", "warning", message);
    }
  }

  #forbidden(path: NodePath, name: string): void {
    for (const { rule, names, message, inSetup, severity } of FORBIDDEN) {
      if (!names.test(name) || inSetup && this.#runsInSetup(path)) continue;
      this.#add(path, rule, severity ?? "violation", `${name} ${message}`);
    }
  }

  /**
   * Whether what stands in the set-up cell runs there as well: not where it is in a function that
   * waits, or in one that something outside of the cell can reach.
   */
  #runsInSetup(path: NodePath): boolean {
    if (!this.#placeOf(path).isSetup) return false;
    if (path.findParent((parent) => parent.isFunction() || parent.isClass()) === null) return true;
    const waits = path.findParent((parent) => {
      if (!parent.isCallExpression()) return false;
      const callee = parent.get("callee") as NodePath;
      const name = callee.isMemberExpression() ? this.resolver.key(callee) : undefined;
      return /^(then|catch|finally|addEventListener|on|once)$/.test(name ?? "") ||
        this.resolver.names(callee).some((name) => WAITS.test(name));
    });
    if (waits !== null) return false;
    const statement = path.findParent((parent) => parent.parentPath?.isProgram() ?? false);
    if (statement === null) return false;
    const names = new Set<string>();
    statement.traverse({ Identifier: (found) => void names.add(found.node.name) });
    if (statement.isFunctionDeclaration() || statement.isClassDeclaration()) {
      names.add(statement.node.id?.name ?? "");
    }
    const scope = statement.scope.getProgramParent();
    return Array.from(names).every((name) => {
      const binding = scope.getOwnBinding(name);
      if (binding === undefined || binding.kind === "module") return true;
      const uses = [...binding.referencePaths, ...binding.constantViolations];
      const isOurs = this.#placeOf(binding.path).isSetup;
      return !isOurs || uses.every((use) => this.#placeOf(use).isSetup);
    });
  }

  #module(path: NodePath, module: string): void {
    if (/^(https?|data|blob):/.test(module)) {
      this.#add(path, "network", "violation", `imports from an address: ${module}`);
    }
    this.resolver.visit(module, this.#placeOf(path));
    for (const value of this.resolver.imported(module, "*")) {
      if (value.kind === "name") this.#forbidden(path, value.name);
    }
  }

  #dynamicImport(path: NodePath, source: NodePath): void {
    for (const value of this.resolver.resolve(source)) {
      if (value.kind !== "text") {
        this.#add(path, "eval", "warning", "imports a module whose name can't be told");
      } else if (/^(https?|data|blob):/.test(value.text)) {
        this.#add(path, "eval", "violation", `imports from an address: ${value.text}`);
      } else {
        this.#module(path, value.text);
      }
    }
  }

  #call(path: NodePath<t.CallExpression>): void {
    const callee = path.get("callee") as NodePath;
    const args = path.get("arguments") as NodePath[];
    if (callee.isImport()) {
      if (args[0]) this.#dynamicImport(path, args[0]);
      return;
    }
    if (callee.isMemberExpression()) {
      const key = this.resolver.key(callee);
      if (key === "constructor") {
        this.#add(path, "eval", "violation", "makes a function by .constructor(…)");
      }
      // What is called, applied or bound is called with the arguments after the first.
      if (key === "call" || key === "apply") {
        for (const name of this.resolver.names(callee.get("object") as NodePath)) {
          this.#named(path, name, key === "call" ? args.slice(1) : []);
        }
      }
      if (key !== undefined && TAKES_APART.test(key)) {
        this.#takesApart(path, callee.get("object") as NodePath);
      }
    }
    for (const name of this.resolver.names(callee)) {
      // What a call gives is not seen as a name anywhere else.
      if (callee.isCallExpression()) this.#forbidden(path, name);
      this.#named(path, name, args);
    }
  }

  /** A call of something that the runtime or a package names. */
  #named(path: NodePath, name: string, args: NodePath[]): void {
    const { isSetup, choosesPaths } = this.#placeOf(path);
    // Whether a folder is there may decide where the data is looked for.
    if (READS.test(name) && !choosesPaths) this.#reads(path, name, args);
    if (WRITES.test(name)) this.#writes(path, name, args.slice(0, 1));
    if (WRITES_BOTH.test(name)) this.#writes(path, name, args.slice(0, 2));
    if (MAKES_TEMPORARY.test(name)) this.#temporary(path, name, args[0]);
    if (CHANGES_OBJECT.test(name) && args[0]) this.#changesObject(path, args[0]);
    if (name === "Deno.Command" && isSetup) this.#installs(path, args);
    if (
      /^node:path(\/posix)?\.(posix\.)?(basename|dirname|parse|relative|extname)$/.test(name) &&
      args[0]
    ) {
      this.#takesApart(path, args[0]);
    }
    if (/^(setTimeout|setInterval)$/.test(name) && args[0]) {
      if (this.resolver.resolve(args[0]).some(({ kind }) => kind === "text")) {
        this.#add(path, "eval", "violation", `${name} runs a text`);
      }
    }
  }

  #reads(path: NodePath, name: string, args: NodePath[]): void {
    const options = /open(Sync)?$/.test(name) && args[1];
    if (options && !this.#onlyReads(options)) return this.#writes(path, name, args.slice(0, 1));
    if (args[0]) this.#path(path, name, args[0], "reads");
  }

  /** Whether the options of `open` ask for reading alone. */
  #onlyReads(options: NodePath): boolean {
    const values = this.resolver.resolve(options);
    const [value] = values;
    if (value?.kind === "text") return /^r/.test(value.text) && !value.text.includes("+");
    if (value?.kind !== "code" || !value.path.isObjectExpression()) return false;
    return value.path.node.properties.every((property) =>
      property.type === "ObjectProperty" && property.key.type === "Identifier" &&
      property.key.name === "read"
    );
  }

  #writes(path: NodePath, name: string, args: NodePath[]): void {
    for (const arg of args) this.#path(path, name, arg, "writes");
  }

  #path(path: NodePath, name: string, arg: NodePath, what: "reads" | "writes"): void {
    for (const value of this.resolver.resolve(arg)) {
      const found = checkPath(value, what);
      if (found !== undefined) {
        this.#add(path, found.rule, found.severity, `${name} ${found.message}`);
      }
    }
  }

  #temporary(path: NodePath, name: string, options: NodePath | undefined): void {
    const folder = options && this.resolver.property(this.resolver.resolve(options), "dir");
    if (folder === undefined || folder.every(({ kind }) => kind === "unknown")) {
      this.#add(
        path,
        "paths",
        "violation",
        `${name} writes to the system's temporary folder; give it a dir below ROOT_PATH`,
      );
      return;
    }
    for (const value of folder) {
      const found = checkPath(value, "writes");
      if (found !== undefined) {
        this.#add(path, found.rule, found.severity, `${name} ${found.message}`);
      }
    }
  }

  #installs(path: NodePath, args: NodePath[]): void {
    const [program] = args[0] ? this.resolver.resolve(args[0]) : [];
    const [list] = args[1] ? this.resolver.property(this.resolver.resolve(args[1]), "args") : [];
    const [first] = list ? this.resolver.property([list], "0") : [];
    if (program?.kind !== "text" || first?.kind !== "text") {
      this.#add(
        path,
        "processes",
        "warning",
        "starts a program; which one, and what for, can't be told",
      );
    } else if (!INSTALLS.get(program.text)?.test(first.text)) {
      this.#add(
        path,
        "processes",
        "violation",
        `runs "${program.text} ${first.text}", which installs no packages`,
      );
    }
  }

  #changesObject(path: NodePath, target: NodePath): void {
    for (const name of this.resolver.names(target)) {
      if (!isOfPackage(name)) this.#add(path, "patching", "violation", `changes ${name}`);
    }
    this.#fixedVariable(path, target);
  }

  /** Something that is assigned to, counted up or deleted. */
  #change(target: NodePath): void {
    for (const part of partsOf(target)) this.#changePart(part);
  }

  #changePart(target: NodePath): void {
    if (target.isIdentifier()) {
      if (target.scope.getBinding(target.node.name) === undefined) {
        this.#add(target, "patching", "violation", `assigns to the global ${target.node.name}`);
      }
      return this.#fixedVariable(target, target);
    }
    if (!target.isMemberExpression()) return;
    const object = target.get("object") as NodePath;
    const key = this.resolver.key(target);
    const names = this.resolver.names(object);
    for (const name of names) {
      // A package's settings are for its users to make.
      if (isOfPackage(name)) continue;
      this.#add(target, "patching", "violation", `changes ${name}.${key ?? "…"}`);
    }
    this.#fixedVariable(target, object);
    if (names.length > 0) return;
    const text = this.program.source.slice(object.node.start ?? 0, object.node.end ?? 0);
    let owner = object;
    while (owner.isMemberExpression() || owner.isTSAsExpression()) {
      owner = owner.get(owner.isMemberExpression() ? "object" : "expression") as NodePath;
    }
    const isClass = [object, owner].some((it) =>
      this.resolver.resolve(it).some(({ kind }) => kind === "code")
    );
    if (/prototype|__proto__|getPrototypeOf/.test(text) && !isClass) {
      this.#add(target, "patching", "warning", "changes a prototype; whose can't be told");
    }
  }

  /** A change of what a fixed cell declares. */
  #fixedVariable(path: NodePath, target: NodePath): void {
    let root = target;
    while (root.isMemberExpression()) root = root.get("object") as NodePath;
    if (!root.isIdentifier()) return;
    const declared = root.scope.getBinding(root.node.name);
    const line = declared?.identifier.loc?.start.line;
    if (line !== undefined && !this.program.placeOf(line).isOwn) {
      this.#add(
        path,
        "patching",
        "violation",
        `changes ${root.node.name}, which a fixed cell declares`,
      );
    }
  }

  #text(path: NodePath, text: string): void {
    if (!GROUND_TRUTH.test(text)) return;
    const isAnswers = /DEV Dataset/i.test(text);
    this.#add(
      path,
      "ground-truth",
      isAnswers ? "violation" : "warning",
      isAnswers ? "names the file with the answers" : `names a table: ${text}`,
    );
  }

  /** Something that is done with a text that may be a path which the model was handed. */
  #takesApart(path: NodePath, object: NodePath): void {
    if (!this.resolver.resolve(object).some(({ kind }) => kind === "parameter")) return;
    if (this.resolver.isList(object)) return;
    const method = path.findParent((parent) =>
      (parent.isClassMethod() || parent.isObjectMethod()) &&
      parent.node.key.type === "Identifier" &&
      HANDED_PATHS.test(parent.node.key.name)
    );
    if (method !== null) {
      this.#add(
        path,
        "names-of-files",
        "warning",
        "takes apart the name of a file, which may give the class away",
      );
    }
  }
}

/** What a pattern assigns to; a target that is no pattern is the only one. */
function partsOf(target: NodePath): NodePath[] {
  if (target.isObjectPattern()) return target.get("properties").flatMap(partsOf);
  if (target.isArrayPattern()) {
    return (target.get("elements") as NodePath[]).flatMap((element) =>
      (element.node as t.Node | null) === null ? [] : partsOf(element)
    );
  }
  if (target.isObjectProperty()) return partsOf(target.get("value") as NodePath);
  if (target.isRestElement()) return partsOf(target.get("argument") as NodePath);
  if (target.isAssignmentPattern()) return partsOf(target.get("left") as NodePath);
  return [target];
}

/** Whether a name is that of something that a package from the registry exports. */
function isOfPackage(name: string): boolean {
  const [root] = name.split(".");
  return !(root in globalThis) && !/^(node:|qvim\b)/.test(name) && !/^[A-Z_]+_PATH$/.test(root) &&
    root !== "Deno" && root !== "process" && root !== "window" && root !== "global";
}

/** Whether an object is used otherwise than for something that it has, or to be given another name. */
function isHandedOn(path: NodePath): boolean {
  const { parent } = path;
  switch (parent.type) {
    case "MemberExpression":
    case "OptionalMemberExpression":
      return path.key !== "object";
    case "VariableDeclarator":
    case "AssignmentExpression":
    case "UnaryExpression":
      return false;
    case "TSAsExpression":
    case "TSNonNullExpression":
    case "TSSatisfiesExpression":
    case "ParenthesizedExpression":
    case "SequenceExpression":
      return isHandedOn(path.parentPath!);
    default:
      return true;
  }
}

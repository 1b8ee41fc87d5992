import traverse, { type NodePath } from "@babel/traverse";
import type * as t from "@babel/types";
import { FileRules } from "./file_rules.ts";
import type { NameFlows } from "./flow/name_flows.ts";
import { CHANGES_OBJECT, FORBIDDEN, WHOLE_OBJECTS } from "./names.ts";
import { NamesRule } from "./names_rule.ts";
import { PatchingRule } from "./patching.ts";
import { bare, isHandedOn, TYPES } from "./positions.ts";
import type { Remarks } from "./remarks.ts";
import type { Resolver } from "./resolver.ts";
import { SetupCell } from "./setup_cell.ts";
import type { Value } from "./values.ts";
import { WorkerModuleRule } from "./worker_module_rule.ts";

/** The name of the file that holds the answers. */
const GROUND_TRUTH = /DEV Dataset|\.csv$/i;

const TIMERS = /^(node:timers\.)?(setTimeout|setInterval)$/;

/** Applies the rules to what participants wrote in a program. */
export class RuleChecker {
  readonly #files: FileRules;
  readonly #patching: PatchingRule;
  readonly #setup: SetupCell;
  readonly #names: NamesRule;
  readonly #workers: WorkerModuleRule;

  /** @param flows Where names of sounds get to, in programs that were looked at before as well. */
  constructor(
    private readonly remarks: Remarks,
    private readonly resolver: Resolver,
    private readonly flows: NameFlows,
  ) {
    this.#files = new FileRules(remarks, resolver);
    this.#patching = new PatchingRule(remarks, resolver);
    this.#setup = new SetupCell(remarks, resolver);
    this.#names = new NamesRule(remarks, resolver);
    this.#workers = new WorkerModuleRule(remarks, resolver, (it) => this.#dynamicImport(it, it));
  }

  /** Adds what is found to the remarks, in the order of the lines. */
  check(ast: t.File): void {
    traverse(ast, {
      ...TYPES,
      Program: (path) => {
        // Before modules are imported: they are handed what this one has.
        const flow = this.flows.follow(path, this.resolver);
        this.#names.begin(flow);
        const moving = flow.moving.find((it) => this.remarks.placeOf(it).isOwn);
        if (moving) {
          this.remarks.look(moving, "hands names of sounds on in more steps than are followed");
        }
        this.#patching.checkPaths(path);
        this.#patching.checkNames(path);
      },
      // What stands in a block is declared for all cells as well, where no function is around it.
      FunctionDeclaration: (path) => this.#declaration(path),
      TSEnumDeclaration: (path) => this.#declaration(path),
      TSModuleDeclaration: (path) => this.#declaration(path),
      ClassProperty: (path) => this.#workers.member(path),
      ClassAccessorProperty: (path) => this.#workers.member(path),
      ClassMethod: (path) => this.#workers.member(path),
      ObjectProperty: (path) => {
        this.#workers.member(path);
        this.#names.pattern(path);
      },
      Identifier: (path) => {
        if (path.isReferencedIdentifier()) this.#reference(path);
      },
      MemberExpression: (path) => this.#reference(path),
      OptionalMemberExpression: (path) => this.#reference(path as NodePath),
      ImportDeclaration: (path) => {
        if (path.node.importKind !== "type") this.#module(path, path.node.source.value);
      },
      ExportAllDeclaration: (path) => this.#module(path, path.node.source.value),
      ExportNamedDeclaration: (path) => {
        if (path.node.source) this.#module(path, path.node.source.value);
      },
      ImportExpression: (path) => this.#dynamicImport(path, path.get("source") as NodePath),
      CallExpression: (path) => this.#call(path),
      OptionalCallExpression: (path) => this.#call(path as NodePath as NodePath<t.CallExpression>),
      NewExpression: (path) => this.#call(path as NodePath as NodePath<t.CallExpression>),
      AssignmentExpression: (path) => {
        const left = path.get("left") as NodePath;
        this.#patching.change(left);
        this.#patching.puts(left, path.get("right") as NodePath);
        const key = left.isMemberExpression() ? this.resolver.key(left) : undefined;
        if (key !== undefined) this.#workers.field(key, path.get("right") as NodePath);
        else if (left.isMemberExpression()) this.#putsAddress(path);
        if (!left.isMemberExpression()) this.#workers.targets(left);
      },
      SpreadElement: (path) => this.#names.letters(path, path.get("argument")),
      ForOfStatement: (path) => this.#names.letters(path, path.get("right")),
      ForXStatement: (path) => {
        const left = path.get("left") as NodePath;
        if (!left.isVariableDeclaration()) this.#patching.change(left);
      },
      UpdateExpression: (path) => this.#patching.change(path.get("argument") as NodePath),
      UnaryExpression: (path) => {
        this.#names.asNumber(path, path.get("argument") as NodePath);
        if (path.node.operator === "delete") {
          this.#patching.change(path.get("argument") as NodePath);
        }
      },
      StringLiteral: (path) => {
        // A piece of a longer text is looked at as a whole.
        if (!path.parentPath.isBinaryExpression()) this.#text(path, path.node.value);
      },
      TemplateElement: (path) => this.#text(path, path.node.value.cooked ?? ""),
      BinaryExpression: (path) => {
        this.#texts(path);
        this.#names.compares(path);
      },
      SwitchStatement: (path) => this.#names.switches(path),
      ArrayPattern: (path) => this.#names.pattern(path),
      ReturnStatement: (path) => this.#names.gives(path),
    });
  }

  /** A name, or a chain of them, that is used. */
  #reference(path: NodePath): void {
    for (const name of this.resolver.names(path)) {
      this.#forbidden(path, name);
      // What a function is handed is shown where it is handed on.
      const isParameter = path.isIdentifier() &&
        (path.scope.getBinding(path.node.name)?.kind as string) === "param";
      if (WHOLE_OBJECTS.test(name) && !isParameter && isHandedOn(path)) {
        this.remarks.look(path, `hands ${name} on, which can't be followed from here`);
      }
    }
    if (!path.isMemberExpression()) return;
    if (path.node.computed) this.#names.member(path);
    const key = this.resolver.key(path);
    if (key === "length") this.#names.letters(path, path.get("object"));
    if (key !== undefined) return this.#names.field(path, key);
    for (const name of this.resolver.names(path.get("object") as NodePath)) {
      if (!WHOLE_OBJECTS.test(name)) continue;
      this.remarks.look(path, `uses something of ${name} whose name can't be told`);
    }
  }

  #forbidden(path: NodePath, name: string): void {
    for (const { rule, names, message, inSetup, severity } of FORBIDDEN) {
      if (!names.test(name) || inSetup && this.#setup.runsHere(path)) continue;
      this.remarks.add(path, rule, severity ?? "violation", `${name} ${message}`);
    }
  }

  #module(path: NodePath, module: string): void {
    if (/^(https?|data|blob):/.test(module)) {
      this.remarks.add(path, "network", "violation", `imports from an address: ${module}`);
    }
    this.resolver.visit(module, this.remarks.placeOf(path));
    for (const value of this.resolver.imported(module, "*")) {
      if (value.kind === "name") this.#forbidden(path, value.name);
    }
  }

  #dynamicImport(path: NodePath, source: NodePath): void {
    for (const value of this.resolver.resolve(source)) {
      if (value.kind !== "text") {
        this.remarks.add(path, "eval", "warning", "imports a module whose name can't be told");
      } else if (/^(https?|data|blob):/.test(value.text)) {
        this.remarks.add(path, "eval", "violation", `imports from an address: ${value.text}`);
      } else {
        this.#module(path, value.text);
      }
    }
  }

  /** An address that is put where it can't be told. */
  #putsAddress(path: NodePath<t.AssignmentExpression>): void {
    const isAddress = this.resolver.resolve(path.get("right") as NodePath).some((value) =>
      value.kind === "text" && /^(file|https?|data|blob|npm|jsr|node):/i.test(value.text)
    );
    if (isAddress) this.remarks.look(path, "puts an address where it can't be told what it is for");
  }

  #declaration(path: NodePath): void {
    const { id } = path.node as t.FunctionDeclaration | t.TSEnumDeclaration;
    if (id?.type === "Identifier" && path.getFunctionParent() === null) {
      this.#patching.declares(path, id.name);
    }
  }

  #call(path: NodePath<t.CallExpression>): void {
    const callee = bare(path.get("callee") as NodePath);
    const args = path.get("arguments") as NodePath[];
    if (callee.isImport()) {
      if (args[0]) this.#dynamicImport(path, args[0]);
      return;
    }
    this.#texts(path);
    if (callee.isMemberExpression() || callee.isOptionalMemberExpression()) {
      const member = callee as NodePath as NodePath<t.MemberExpression>;
      const key = this.resolver.key(member);
      const object = callee.get("object") as NodePath;
      if (bare(object).isRegExpLiteral()) {
        for (const arg of args) this.#names.letters(path, arg);
      }
      if (key === "constructor") {
        this.remarks.add(path, "eval", "violation", "makes a function by .constructor(…)");
      }
      // What is called or applied is called with the arguments after the first.
      if (key === "call" || key === "apply") {
        for (const name of this.resolver.names(object)) {
          this.#named(path, name, key === "call" ? args.slice(1) : []);
        }
      }
      if (key !== undefined) {
        this.#names.calls(path, object, key, args);
        this.#patching.calls(path, object, key, args);
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
    this.#files.check(path, name, args);
    if (CHANGES_OBJECT.test(name) && args[0]) this.#patching.changesObject(path, args[0]);
    if (name === "Deno.Command" && this.remarks.placeOf(path).isSetup) {
      this.#setup.installs(path, args);
    }
    this.#names.named(path, name, args);
    if (TIMERS.test(name) && args[0]) this.#timer(path, name, args[0]);
    if (/^(setTimeout|setInterval)\.apply$/.test(name)) {
      this.remarks.look(path, `${name} runs what can't be told from here; it may be a text`);
    }
  }

  /** Timers run texts as well. */
  #timer(path: NodePath, name: string, run: NodePath): void {
    const values = this.resolver.resolve(run);
    if (values.some(({ kind }) => kind === "text")) {
      this.remarks.add(path, "eval", "violation", `${name} runs a text`);
    } else if (!values.every((value) => isFunction(run, value))) {
      this.remarks.look(path, `${name} runs what can't be told from here; it may be a text`);
    }
  }

  #texts(path: NodePath): void {
    for (const value of this.resolver.resolve(path)) {
      if (value.kind === "text") this.#text(path, value.text);
    }
  }

  #text(path: NodePath, text: string): void {
    if (text.includes("__proto__") || text === "constructor") {
      this.remarks.look(path, `has the name ${text.slice(0, 40)} as a text`);
    }
    if (!GROUND_TRUTH.test(text)) return;
    const isAnswers = /DEV Dataset/i.test(text);
    this.remarks.add(
      path,
      "ground-truth",
      isAnswers ? "violation" : "warning",
      isAnswers ? "names the file with the answers" : `names a table: ${text}`,
    );
  }
}

/** Whether an expression is a function: by what it stands for, or what a promise hands over. */
function isFunction(path: NodePath, value: Value): boolean {
  if (value.kind === "code") return value.path.isFunction() || value.path.isClass();
  if (value.kind === "name") return true;
  if (value.kind !== "unknown" || !path.isIdentifier()) return false;
  const binding = path.scope.getBinding(path.node.name);
  const { path: owner } = binding?.scope ?? {};
  const call = owner?.parentPath;
  return (binding?.kind as string) === "param" && owner?.listKey === "arguments" &&
    (call?.isNewExpression() ?? false) &&
    (call!.get("callee") as NodePath).isIdentifier({ name: "Promise" });
}

import type { NodePath } from "@babel/traverse";
import { INSTALLS } from "./names.ts";
import type { Remarks } from "./remarks.ts";
import type { Resolver } from "./resolver.ts";
import { knownText, type Value } from "./values.ts";

/** What runs a function later. */
const WAITS =
  /^(setTimeout|setInterval|setImmediate|queueMicrotask|addEventListener|node:timers.*)$/;
const WAITING_METHODS = /^(then|catch|finally|addEventListener|on|once)$/;
/** Methods that call a function at once, and keep nothing of it. */
const AT_ONCE = /^(map|forEach|filter|flatMap|reduce|some|every|find)$/;

/** What the set-up cell may do that others may not: its freedom ends with the cell. */
export class SetupCell {
  readonly #stays = new Map<object, boolean>();

  constructor(private readonly remarks: Remarks, private readonly resolver: Resolver) {}

  /**
   * Whether what stands in the set-up cell runs there as well: not where it is in a function that
   * waits, or in one that something outside of the cell can reach.
   */
  runsHere(path: NodePath): boolean {
    if (!this.remarks.placeOf(path).isSetup) return false;
    let inner = path;
    for (;;) {
      const around = inner.findParent((parent) => parent.isFunction() || parent.isClass());
      if (around === null) return true;
      if (this.#waits(around)) return false;
      if (!this.#isCalledAtOnce(around)) {
        const statement = path.findParent((parent) => parent.parentPath?.isProgram() ?? false);
        return statement !== null && this.#staysHere(statement) &&
          (runsWhereCalled(around) || this.#givesNothingOut(statement, new Set()));
      }
      inner = around;
    }
  }

  /** Whether what a statement declares is used by such alone as declare nothing that leaves the cell. */
  #givesNothingOut(statement: NodePath, seen: Set<object>): boolean {
    if (seen.has(statement.node)) return true;
    seen.add(statement.node);
    if (!this.#staysHere(statement)) return false;
    const scope = statement.scope.getProgramParent();
    return Object.values(scope.bindings).every((binding) => {
      const declares = binding.path.findParent((parent) => parent === statement) !== null ||
        binding.path === statement;
      if (!declares) return true;
      return [...binding.referencePaths, ...binding.constantViolations].every((use) => {
        const user = use.findParent((parent) => parent.parentPath?.isProgram() ?? false) ?? use;
        return this.#givesNothingOut(user, seen);
      });
    });
  }

  /** A program that the set-up cell starts must install something. */
  installs(path: NodePath, args: NodePath[]): void {
    const [program, ...others] = args[0] ? this.resolver.resolve(args[0]) : [];
    const lists = args[1]
      ? this.resolver.parts.property(this.resolver.resolve(args[1]), "args")
      : [];
    const name = knownText(program), first = knownText(this.#first(lists));
    if (name === undefined || first === undefined || others.length > 0) {
      const message = "starts a program; which one, and what for, can't be told";
      return this.remarks.add(path, "processes", "warning", message);
    }
    this.remarks.uses(path, `runs ${name} ${first}`);
    if (INSTALLS.get(name)?.test(first)) return;
    const message = `runs "${name} ${first}", which installs no packages`;
    this.remarks.add(path, "processes", "violation", message);
  }

  /** The first element of a list that nobody changes. */
  #first(lists: Value[]): Value | undefined {
    const [list, ...others] = lists;
    if (others.length > 0) return undefined;
    if (list?.kind !== "code" || this.resolver.fields(list.path).isChanged(list.path.node)) {
      return undefined;
    }
    const first = this.resolver.parts.property([list], "0");
    return first.length === 1 ? first[0] : undefined;
  }

  /** Whether a function is one that waits for something that nobody awaits. */
  #waits(around: NodePath): boolean {
    if (around.listKey !== "arguments") return false;
    const call = around.parentPath!;
    const callee = call.get("callee") as NodePath;
    if (this.resolver.names(callee).some((name) => WAITS.test(name))) return true;
    const key = callee.isMemberExpression() ? this.resolver.key(callee) : undefined;
    return WAITING_METHODS.test(key ?? "") && !call.parentPath!.isAwaitExpression();
  }

  #isCalledAtOnce(around: NodePath): boolean {
    if (around.key === "callee") return true;
    if (around.listKey !== "arguments") return false;
    const call = around.parentPath!;
    if (!call.isCallExpression()) return call.isNewExpression() && this.#isPromise(call);
    const callee = call.get("callee") as NodePath;
    if (!callee.isMemberExpression()) return false;
    const key = this.resolver.key(callee) ?? "";
    return AT_ONCE.test(key) || WAITING_METHODS.test(key);
  }

  #isPromise(call: NodePath): boolean {
    return (call.get("callee") as NodePath).isIdentifier({ name: "Promise" });
  }

  /** Whether nothing that a statement declares, or fills, is used outside of the cell. */
  #staysHere(statement: NodePath): boolean {
    const known = this.#stays.get(statement.node);
    if (known !== undefined) return known;
    const names = new Set<string>();
    statement.traverse({ Identifier: (found) => void names.add(found.node.name) });
    if (statement.isFunctionDeclaration() || statement.isClassDeclaration()) {
      names.add(statement.node.id?.name ?? "");
    }
    const scope = statement.scope.getProgramParent();
    const stays = Array.from(names).every((name) => {
      const binding = scope.getOwnBinding(name);
      if (binding === undefined || (binding.kind as string) === "module") return true;
      const uses = [...binding.referencePaths, ...binding.constantViolations];
      const isOurs = this.remarks.placeOf(binding.path).isSetup;
      return !isOurs || uses.every((use) => this.remarks.placeOf(use).isSetup);
    });
    this.#stays.set(statement.node, stays);
    return stays;
  }
}

/** Whether a function is one that is called by its name, and has done all when it comes back. */
function runsWhereCalled(around: NodePath): boolean {
  if (!around.isFunction() || around.isMethod() || around.node.generator) return false;
  const declaration = around.isFunctionDeclaration()
    ? around
    : around.parentPath.isVariableDeclarator()
    ? around.parentPath.parentPath
    : undefined;
  return declaration?.parentPath?.isProgram() ?? false;
}

import type { NodePath } from "@babel/traverse";
import type * as t from "@babel/types";
import { type Flow, itemOf, metIn } from "./flow/flow.ts";
import type { NameFlow } from "./flow/name_flow.ts";
import type { Remarks } from "./remarks.ts";
import type { Resolver } from "./resolver.ts";
import { isName, isSound, knownText } from "./values.ts";

/** What takes the path of a sound apart. */
const TAKES_APART =
  /^(split|match|matchAll|replace|replaceAll|includes|startsWith|endsWith|slice|substring|substr|indexOf|lastIndexOf|search|at|charAt|charCodeAt|codePointAt|toLowerCase|toUpperCase|trim|trimStart|trimEnd|normalize|concat|valueOf|toString|padStart|padEnd|localeCompare)$/;
/** What takes its name apart: to make a file's name of it is no such thing. */
const TAKES_NAME_APART =
  /^(split|match|matchAll|includes|startsWith|slice|substring|substr|indexOf|lastIndexOf|search|at|charAt|charCodeAt|codePointAt)$/;

/** What compares sets with one another. */
const COMPARES_SETS =
  /^(intersection|difference|symmetricDifference|is(SubsetOf|SupersetOf|DisjointFrom))$/;

/** What takes the folders of a path apart. */
const TAKES_FOLDERS = /^node:path(\/posix)?\.(posix\.)?(dirname|parse|relative)$/;
const MAKES_NUMBER = /^(Number(\.parse\w+)?|parseInt|parseFloat|BigInt)$/;

/** What a sound is called may give its class away: a model listens, and reads no names. */
export class NamesRule {
  #flow?: NameFlow;

  constructor(private readonly remarks: Remarks, private readonly resolver: Resolver) {}

  /** Where names get to in the program that is looked at. */
  begin(flow: NameFlow): void {
    this.#flow = flow;
  }

  /** A method of something. */
  calls(path: NodePath, object: NodePath, key: string, args: NodePath[]): void {
    if (TAKES_APART.test(key)) this.takesApart(path, object);
    if (TAKES_NAME_APART.test(key) && !this.#isOfEnding(key, args)) this.#name(path, object);
    const isOfText = key === "localeCompare" && args[0] && this.#isText(args[0]);
    // `new Intl.Collator().compare(id, "m")`
    if (key === "compare" && args[1]) {
      if (this.#isText(args[0])) this.#name(path, args[1]);
      if (this.#isText(args[1])) this.#name(path, args[0]);
    }
    // `id.startsWith.bind(id)`
    if (key === "bind" && object.isMemberExpression()) {
      const bound = this.resolver.key(object);
      if (bound !== undefined) this.calls(path, object.get("object"), bound, args.slice(1));
    }
    if (COMPARES_SETS.test(key) && args[0]) {
      this.#meets(path, object, args[0]);
      this.#meets(path, args[0], object);
    }
    // What calls back with what it has found only looks for it.
    const isLooked = /^replace/.test(key) && args[1] &&
      this.resolver.resolve(args[1]).some(({ kind }) => kind === "code");
    if (isOfText || isLooked) this.#name(path, object);
    if (/^(includes|indexOf|lastIndexOf|has|get|hasOwnProperty)$/.test(key) && args[0]) {
      this.looksUp(path, object, args[0]);
    }
    if (/^(encode|encodeInto|segment)$/.test(key) && args[0]) this.bytes(path, args[0]);
    if (!/^(test|exec)$/.test(key) || !args[0]) return;
    this.takesApart(path, args[0]);
    this.#name(path, args[0]);
  }

  /** A call of something that the runtime or a package names. */
  named(path: NodePath, name: string, [first, second]: NodePath[]): void {
    if (first === undefined) return;
    if (TAKES_FOLDERS.test(name) || /^(Array\.from|Object\.(values|entries))$/.test(name)) {
      this.letters(path, first);
    }
    if (MAKES_NUMBER.test(name)) this.asNumber(path, first);
    if (name === "Object.hasOwn" && second) this.looksUp(path, first, second);
    if (/^(node:buffer\.)?Buffer\.from$/.test(name)) this.bytes(path, first);
  }

  /** Something that is done with the path of a sound, which has its class in it. */
  takesApart(path: NodePath, object: NodePath): void {
    if (this.resolver.resolve(object).some(isSound)) this.#look(path);
  }

  /** One letter after another. */
  letters(path: NodePath, text: NodePath): void {
    this.takesApart(path, text);
    this.#name(path, text);
  }

  /** What gives the letters of a text in another form; a digest that is made of them at once tells nothing. */
  bytes(path: NodePath, text: NodePath): void {
    const { parentPath } = path;
    const user = parentPath?.isMemberExpression() ? parentPath : parentPath?.get("callee");
    const key = user && !Array.isArray(user) && user.isMemberExpression()
      ? this.resolver.key(user)
      : undefined;
    if (!/^(digest|update|toString)$/.test(key ?? "")) this.letters(path, text);
  }

  /** A letter of a name, or what a table of the notebook's has under the name of a sound. */
  member(path: NodePath<t.MemberExpression>): void {
    const object = path.get("object") as NodePath;
    this.letters(path, object);
    this.looksUp(path, object, path.get("property") as NodePath);
  }

  /** What a table of the notebook's says of a name. */
  looksUp(path: NodePath, table: NodePath, name: NodePath): void {
    const isKnown = this.resolver.resolve(name).some((value) => isName(value) || isSound(value));
    const { isName: mayBeName, isMark } = this.#flowOf(name);
    if (!isKnown && !mayBeName && !isMark) return;
    if (!this.#isTable(table)) return;
    const by = isKnown || mayBeName ? "its name" : "a digest or the size of its file";
    const message = `looks a sound up by ${by}, in a table that the notebook holds`;
    this.remarks.add(path, "names-of-files", "warning", message);
  }

  /** A set of names that is compared with one that the notebook holds. */
  #meets(path: NodePath, table: NodePath, names: NodePath): void {
    if (metIn(this.#flowOf(names)).isName && this.#isTable(table)) this.#look(path);
  }

  /** Whether something may be a table that the notebook has filled with more than names it was handed. */
  #isTable(table: NodePath, seen = new Set<t.Node>()): boolean {
    const isFilled = (path: NodePath) => {
      if (seen.has(path.node)) return false;
      seen.add(path.node);
      if (path.isArrayExpression()) {
        return (path.get("elements") as NodePath[]).some((it) => this.#isOther(it));
      }
      return path.isObjectExpression() && path.get("properties").some((it) => {
        if (it.isSpreadElement()) return this.#isTable(it.get("argument"), seen);
        return !it.node.computed || !this.#flowOf(it.get("key") as NodePath).isName;
      });
    };
    return this.resolver.resolve(table).some((value) =>
      value.kind === "unknown" && value.held?.some((it) => !isLiteral(it) || isFilled(it)) ||
      value.kind === "code" && isFilled(value.path)
    );
  }

  /** Whether an element of a list is something else than the name of a sound, or such with a value. */
  #isOther(element: NodePath): boolean {
    if (!element.node) return false;
    const flow = element.isSpreadElement()
      ? metIn(this.#flowOf(element.get("argument")))
      : this.#flowOf(element);
    return !flow.isName && !itemOf(flow, 0).isName;
  }

  /** A name that is compared with a text, or reckoned with. */
  compares(path: NodePath<t.BinaryExpression>): void {
    const left = path.get("left") as NodePath, right = path.get("right") as NodePath;
    const { operator } = path.node;
    if (operator === "in") return this.looksUp(path, right, left);
    if (/^[!=]==?$/.test(operator)) {
      if (this.#isText(right)) this.letters(path, left);
      if (this.#isText(left)) this.letters(path, right);
    } else if (/^[<>]=?$/.test(operator)) {
      if (this.#isText(right)) this.letters(path, left);
      if (this.#isText(left)) this.letters(path, right);
    } else if (!/^(\+|instanceof)$/.test(operator)) {
      this.#name(path, left);
      this.#name(path, right);
    }
  }

  switches(path: NodePath<t.SwitchStatement>): void {
    const isOfTexts = path.get("cases").some((one) => this.#isText(one.get("test") as NodePath));
    if (isOfTexts) this.#name(path, path.get("discriminant"));
  }

  /** A name that is made a number. */
  asNumber(path: NodePath, text: NodePath): void {
    const isAsked = path.isUnaryExpression() && !/^[-+~]$/.test(path.node.operator);
    if (!isAsked) this.#name(path, text);
  }

  #isText(path: NodePath): boolean {
    return Boolean(path.node && this.resolver.resolve(path).some((value) => knownText(value)));
  }

  /** `id.slice(0, -4)` and `id.split(".")` take the ending off. */
  #isOfEnding(key: string, args: NodePath[]): boolean {
    const texts = args.map((arg) => knownText(this.resolver.resolve(arg)[0]));
    if (key === "split") return texts[0] === ".";
    return key === "slice" && texts[0] === "0" && args[1]?.isUnaryExpression({ operator: "-" });
  }

  #name(path: NodePath, object: NodePath): void {
    if (this.resolver.resolve(object).some(isName) || this.#flowOf(object).isName) this.#look(path);
  }

  /** Where names may be in what an expression gives, however it came there. */
  #flowOf(path: NodePath): Flow {
    return this.#flow!.of(path);
  }

  #look(path: NodePath): void {
    const message = "takes apart the name of a file, which may give the class away";
    this.remarks.add(path, "names-of-files", "warning", message);
  }
}

function isLiteral(path: NodePath): boolean {
  return path.isArrayExpression() || path.isObjectExpression();
}

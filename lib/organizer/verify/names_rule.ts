import type { NodePath } from "@babel/traverse";
import type * as t from "@babel/types";
import { elementOf, type Flow, metIn } from "./flow/flow.ts";
import type { NameFlow } from "./flow/name_flow.ts";
import { keyText } from "./functions.ts";
import { LookupRule } from "./lookups.ts";
import { HANDED_PATHS } from "./names.ts";
import type { Remarks } from "./remarks.ts";
import type { Resolver } from "./resolver.ts";
import { isSound, knownText } from "./values.ts";

/** What takes the path of a sound apart. */
const TAKES_APART =
  /^(split|match|matchAll|replace|replaceAll|includes|startsWith|endsWith|slice|substring|substr|indexOf|lastIndexOf|search|at|charAt|charCodeAt|codePointAt|toLowerCase|toUpperCase|trim|trimStart|trimEnd|normalize|concat|valueOf|toString|padStart|padEnd|localeCompare)$/;
/** What takes its name apart: to make a file's name of it is no such thing. */
const TAKES_NAME_APART =
  /^(split|match|matchAll|includes|startsWith|endsWith|slice|substring|substr|indexOf|lastIndexOf|search|at|charAt|charCodeAt|codePointAt)$/;

/** What takes the folders of a path apart. */
const TAKES_FOLDERS = /^node:path(\/posix)?\.(posix\.)?(dirname|parse|relative)$/;
const MAKES_NUMBER =
  /^(Number(\.\w+)?|parseInt|parseFloat|isNaN|isFinite|BigInt(\.\w+)?|Date(\.parse)?|Math\.\w+|\w+\dArray(\.(of|from))?|\w+ClampedArray(\.(of|from))?|DataView)$/;
/** Functions that compare what they are given. */
const COMPARES =
  /^(Object\.is|node:util\.isDeepStrictEqual|node:assert\b.*|node:path(\/posix)?(\.posix)?\.matchesGlob)$/;
/** Methods that call a function with what is in what they are called on. */
const CALLS_WITH = /^(map|flatMap|filter|forEach|some|every|find\w*|then)$/;

/** What a sound is called may give its class away: a model listens, and reads no names. */
export class NamesRule {
  #flow?: NameFlow;
  readonly #lookups: LookupRule;

  constructor(private readonly remarks: Remarks, private readonly resolver: Resolver) {
    this.#lookups = new LookupRule(remarks, resolver);
  }

  /** Where names get to in the program that is looked at. */
  begin(flow: NameFlow): void {
    this.#flow = flow;
    this.#lookups.begin(flow);
  }

  /** A method of something. */
  calls(path: NodePath, object: NodePath, key: string, args: NodePath[]): void {
    // `[].slice.call(id, 0, 3)`
    if (/^(call|apply)$/.test(key) && args[0] && object.isMemberExpression()) {
      const called = this.resolver.key(object);
      const rest = key === "call" ? args.slice(1) : [];
      if (called !== undefined) this.calls(path, args[0], called, rest);
    }
    if (args[0]) this.#lookups.calls(path, object, key, args[0]);
    // Who listens for a name that is called out knows it: `emitter.on("dog1", …)`.
    if (key === "emit" && args[0]) this.#name(path, args[0]);
    if (CALLS_WITH.test(key) && args[0]) this.#countsEach(path, args[0], this.#flowOf(object));
    if (TAKES_APART.test(key)) this.takesApart(path, object);
    if (TAKES_NAME_APART.test(key) && !this.#isOfEnding(key, args)) this.#name(path, object);
    const isOfText = key === "localeCompare" && args[0] && this.#lookups.isText(args[0]);
    // `new Intl.Collator().compare(id, "m")`
    if (key === "compare" && args[1]) {
      if (this.#lookups.isText(args[0])) this.#name(path, args[1]);
      if (this.#lookups.isText(args[1])) this.#name(path, args[0]);
    }
    // `id.startsWith.bind(id)`
    if (key === "bind" && object.isMemberExpression()) {
      const bound = this.resolver.key(object);
      if (bound !== undefined) this.calls(path, object.get("object"), bound, args.slice(1));
    }
    // What calls back with what it has found only looks for it.
    const isLooked = /^replace/.test(key) && args[1] &&
      this.resolver.resolve(args[1]).some(({ kind }) => kind === "code");
    if (isOfText || isLooked) this.#name(path, object);
    if (/^(encode|encodeInto|segment)$/.test(key) && args[0]) this.bytes(path, args[0]);
    if (!/^(test|exec)$/.test(key) || !args[0]) return;
    // `new RegExp(id).test("dog1 dog2")`
    this.#name(path, object);
    this.takesApart(path, args[0]);
    this.#name(path, args[0]);
    // `pattern.test({ pathname: id })`
    if (this.#flow!.holds(args[0])) this.#look(path);
  }

  /** A call of something that the runtime or a package names. */
  named(path: NodePath, name: string, args: NodePath[]): void {
    const [first, second] = args;
    if (first === undefined) return;
    if (TAKES_FOLDERS.test(name) || /^(Array\.from|Object\.(values|entries))$/.test(name)) {
      this.letters(path, first);
    }
    if (MAKES_NUMBER.test(name)) args.forEach((it) => this.#numbers(path, it));
    if (/^(Set|\w*Event)$/.test(name)) this.letters(path, first);
    if (COMPARES.test(name) && args.some((it) => this.#isPattern(it))) {
      args.forEach((it) => this.#name(path, it));
    }
    if (/^Array\.from(Async)?$/.test(name) && second) {
      this.#countsEach(path, second, this.#flowOf(first));
    }
    if (name === "Object.hasOwn" && second) this.#lookups.inTable(path, first, second);
    if (/\.read(Text)?File(Sync)?$/.test(name)) this.#lookups.reads(path, first);
    if (/^(node:buffer\.)?Buffer\.from$/.test(name)) this.bytes(path, first);
  }

  /** Numbers that are made of names, or of lists of such. */
  #numbers(path: NodePath, arg: NodePath): void {
    const flow = this.#flowOf(arg.isSpreadElement() ? arg.get("argument") : arg);
    this.asNumber(path, arg);
    if (metIn(flow).isName) this.#look(path);
  }

  /** `ids.map(Number)` */
  #countsEach(path: NodePath, callback: NodePath, over: Flow): void {
    const isCounted = this.resolver.names(callback).some((name) => MAKES_NUMBER.test(name));
    if (isCounted && metIn(over).isName) this.#look(path);
  }

  /** A pattern that takes letters of a name, or asks for a sound by a name that is written there. */
  pattern(path: NodePath): void {
    const how = this.#flow?.apart(path.node);
    if (how === "letters") this.#look(path);
    if (how === "asked") this.#lookups.knows(path);
  }

  /** What a model gives of sounds is none of their names. */
  gives(path: NodePath<t.ReturnStatement>): void {
    const method = path.getFunctionParent();
    const key = method?.isMethod() ? keyText(method.node as t.ClassMethod) ?? "" : "";
    if (!HANDED_PATHS.test(key) || !path.node.argument) return;
    const flow = this.#flowOf(path.get("argument") as NodePath);
    const scores = key === "computeSimilarities" ? elementOf(flow) : flow;
    if (key === "computeSimilarities" && (flow.isHeld || scores?.isHeld)) {
      const message = "gives scores that the notebook holds or reads";
      this.remarks.add(path, "names-of-files", "warning", message);
    }
    if (scores !== undefined && (scores.isName || elementOf(scores)?.isName)) this.#look(path);
  }

  /** Something that is done with the path of a sound, which has its class in it. */
  takesApart(path: NodePath, object: NodePath): void {
    const isHanded = this.resolver.resolve(object).some(isSound);
    if (isHanded && this.#flowOf(object).isName) this.#look(path);
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

  /** A letter of a name, or what something has under a name. */
  member(path: NodePath<t.MemberExpression>): void {
    const object = path.get("object") as NodePath;
    this.letters(path, object);
    this.#lookups.member(path, object);
  }

  /** What something has under a name that is written there. */
  field(path: NodePath<t.MemberExpression>, key: string): void {
    this.#lookups.field(path, key);
  }

  /** A name that is compared with a text, or reckoned with. */
  compares(path: NodePath<t.BinaryExpression>): void {
    const left = path.get("left") as NodePath, right = path.get("right") as NodePath;
    const { operator } = path.node;
    if (operator === "in") return this.#lookups.inTable(path, right, left);
    if (/^[!=]==?$/.test(operator)) {
      // Who knows the whole of what an error says asks which one it is.
      const isSaid = [left, right].some((it) => this.#flowOf(it).error === "said");
      if (this.#lookups.isText(right) && !isSaid) this.letters(path, left);
      if (this.#lookups.isText(left) && !isSaid) this.letters(path, right);
      this.#lookups.equals(path, left, right);
      this.#lookups.equals(path, right, left);
    } else if (/^[<>]=?$/.test(operator)) {
      if (this.#lookups.isText(right)) this.letters(path, left);
      if (this.#lookups.isText(left)) this.letters(path, right);
    } else if (!/^(\+|instanceof)$/.test(operator)) {
      this.#name(path, left);
      this.#name(path, right);
    }
  }

  switches(path: NodePath<t.SwitchStatement>): void {
    const isOfTexts = path.get("cases").some((one) =>
      this.#lookups.isText(one.get("test") as NodePath)
    );
    if (isOfTexts) this.#name(path, path.get("discriminant"));
  }

  /** A name that is made a number. */
  asNumber(path: NodePath, text: NodePath): void {
    const isAsked = path.isUnaryExpression() && !/^[-+~]$/.test(path.node.operator);
    if (!isAsked) this.#name(path, text);
  }

  #isPattern(path: NodePath): boolean {
    return path.isRegExpLiteral() || this.#lookups.isText(path);
  }

  /** `id.slice(0, -4)` and `id.split(".")` take the ending off. */
  #isOfEnding(key: string, args: NodePath[]): boolean {
    const texts = args.map((arg) => knownText(this.resolver.resolve(arg)[0]));
    if (key === "split") return texts[0] === ".";
    if (key === "endsWith") return texts[0]?.startsWith(".") === true;
    return key === "slice" && texts[0] === "0" && args[1]?.isUnaryExpression({ operator: "-" });
  }

  #name(path: NodePath, object: NodePath): void {
    if (this.#flowOf(object).isName) this.#look(path);
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

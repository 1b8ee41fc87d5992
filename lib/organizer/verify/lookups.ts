import type { NodePath } from "@babel/traverse";
import type * as t from "@babel/types";
import { isAskedFor } from "./flow/calls.ts";
import { elementOf, type Flow, itemOf, metIn, NOTHING } from "./flow/flow.ts";
import type { NameFlow } from "./flow/name_flow.ts";
import type { Remarks } from "./remarks.ts";
import type { Resolver } from "./resolver.ts";
import { isName, isSound, knownText, ROOT } from "./values.ts";

/** What compares sets with one another. */
const COMPARES_SETS =
  /^(intersection|difference|symmetricDifference|is(SubsetOf|SupersetOf|DisjointFrom))$/;

/** Methods by which something is looked for in a list, a table or a text. */
const LOOKS_FOR = /^(includes|indexOf|lastIndexOf|has|get|getAll|hasOwnProperty|delete)$/;
/** Methods by which a text is searched for another. */
const SEARCHES =
  /^(includes|indexOf|lastIndexOf|startsWith|endsWith|search|match|matchAll|split|replace|replaceAll)$/;

/** A sound is not looked up by its name in what the notebook knows, nor asked for by a name that this knows. */
export class LookupRule {
  #flow?: NameFlow;

  constructor(private readonly remarks: Remarks, private readonly resolver: Resolver) {}

  /** Where names get to in the program that is looked at. */
  begin(flow: NameFlow): void {
    this.#flow = flow;
  }

  /** Something that is looked for by a text that the program knows, among names, or by a name in such a text. */
  calls(path: NodePath, object: NodePath, key: string, arg: NodePath): void {
    if (SEARCHES.test(key) && this.isText(object) && this.#flowOf(arg).isName) {
      this.knows(path);
    }
    if (COMPARES_SETS.test(key)) {
      this.#meets(path, object, arg);
      this.#meets(path, arg, object);
    }
    if (!LOOKS_FOR.test(key)) return;
    this.#looksUp(path, object, arg);
    const isAmong = (flow: Flow) =>
      (flow.isMap || key === "hasOwnProperty"
        ? flow.keys?.isName
        : flow.keys === undefined && elementOf(flow)?.isName) === true;
    const isKnown = (it: NodePath) => this.isText(it) || isHeldAlone(this.#flowOf(it));
    if (this.#flow!.meet(object, isAmong, arg, isKnown)) this.knows(path);
  }

  /** `"dog1" in items`, and `id in TABLE` */
  inTable(path: NodePath, table: NodePath, name: NodePath): void {
    const text = this.resolver.resolve(name).map(knownText).find((it) => it !== undefined);
    const isAmong = (flow: Flow) => isAskedFor(flow, text);
    if (this.#flow!.meet(table, isAmong, name, (it) => this.isText(it))) this.knows(path);
    this.#looksUp(path, table, name);
  }

  /** What a table has under the name of a sound, or sounds under a name that the program knows. */
  member(path: NodePath<t.MemberExpression>, object: NodePath): void {
    const property = path.get("property") as NodePath;
    this.#looksUp(path, object, property);
    // `for (const [query, item] of ANSWERS) scores[query][item] = 1;`
    const texts = this.resolver.resolve(property).map(knownText);
    const among = this.#flowOf(object);
    const isHeld = among.keys?.isName && !among.isMap && isHeldAlone(this.#flowOf(property));
    if (isHeld || texts.every((text) => isAskedFor(among, text))) this.knows(path);
  }

  /** A name, or a digest, that is compared with one that the program knows. */
  equals(path: NodePath, one: NodePath, other: NodePath): void {
    if (this.#flowOf(one).isName && isHeldAlone(this.#flowOf(other))) this.#found(path, "its name");
    if (!other.isStringLiteral() || !this.#flowOf(one).isMark) return;
    const message = "asks for a sound by a digest that the notebook knows";
    this.remarks.add(path, "names-of-files", "warning", message);
  }

  /** `items.dog1` */
  field(path: NodePath<t.MemberExpression>, key: string): void {
    const isPut = path.key === "left" && path.parentPath.isAssignmentExpression({ operator: "=" });
    if (!isPut && isAskedFor(this.#flowOf(path.get("object")), key)) this.knows(path);
  }

  /** What a table of the notebook's says of a name. */
  #looksUp(path: NodePath, table: NodePath, name: NodePath): void {
    const isKnown = this.resolver.resolve(name).some((value) => isName(value) || isSound(value));
    const { isName: mayBeName, isMark } = this.#flowOf(name);
    if (!isKnown && !mayBeName && !isMark) return;
    if (!this.#isTable(table) && !isOfHeld(this.#flowOf(table))) return;
    const by = isKnown || mayBeName ? "its name" : "a digest or the size of its file";
    this.#found(path, by);
  }

  #found(path: NodePath, by: string): void {
    const message = `looks a sound up by ${by}, in a table that the notebook holds or reads`;
    this.remarks.add(path, "names-of-files", "warning", message);
  }

  /** Files that the notebook is handed, by the names of sounds. */
  reads(path: NodePath, file: NodePath): void {
    const isBelow = this.resolver.resolve(file).some((it) =>
      it.kind === "text" && it.text.startsWith(ROOT)
    );
    if (!isBelow || !this.#flowOf(file).isName || this.#flow!.isWritten(file)) return;
    this.#found(path, "its name");
  }

  /** A set of names that is compared with one that the notebook holds. */
  #meets(path: NodePath, table: NodePath, names: NodePath): void {
    if (metIn(this.#flowOf(names)).isName && this.#isTable(table)) this.#found(path, "its name");
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

  /** Whether an expression may be a text that the program knows. */
  isText(path: NodePath): boolean {
    return Boolean(path.node && this.resolver.resolve(path).some((value) => knownText(value)));
  }

  /** A sound is asked for by a name that is written in the notebook. */
  knows(path: NodePath): void {
    const message = "asks for a sound by a name that the notebook knows";
    this.remarks.add(path, "names-of-files", "warning", message);
  }

  /** Where names may be in what an expression gives, however it came there. */
  #flowOf(path: NodePath): Flow {
    return this.#flow!.of(path);
  }
}

/** Whether a value is of a table, and no name that the notebook was handed. */
function isHeldAlone({ isHeld, isName }: Flow): boolean {
  return isHeld === true && !isName;
}

/** Whether a value is a table, or holds what is of one: under names that are its own, where it has such. */
function isOfHeld(flow: Flow): boolean {
  return flow.isHeld === true || isHeldAlone(flow.keys ?? elementOf(flow) ?? NOTHING);
}

function isLiteral(path: NodePath): boolean {
  return path.isArrayExpression() || path.isObjectExpression();
}

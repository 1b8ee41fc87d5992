/**
 * Powers: what reaches files, processes, the network, other code or the fixed cells. A reference to
 * one is in a form that the rules follow to its end, or it is shown: a list of bad forms can't win.
 */
import traverse, { type Binding, type NodePath } from "@babel/traverse";
import { traverseFast } from "@babel/types";
import type * as t from "@babel/types";
import { CallPowers } from "./call_powers.ts";
import { ModulePowers } from "./module_powers.ts";
import { OtherNames } from "./other_names.ts";
import { isBeginning, isCalled, TYPES } from "./positions.ts";
import { checkPrototype } from "./prototypes.ts";
import { References, WHOLE } from "./references.ts";
import type { Remarks } from "./remarks.ts";
import type { Resolver } from "./resolver.ts";
import { isShared } from "./shared.ts";
import { thisOwner } from "./this_of.ts";
import { memberName } from "./values.ts";

/** What a model of one's own extends. */
const MODELS = /^qvim\.(QVIMModel|EmbeddingModel|RepresentationModel)$/;

/** Looks at every reference to a power in what participants wrote. */
export class PowerChecker {
  readonly #names: OtherNames;
  readonly #modules: ModulePowers;
  readonly #calls: CallPowers;
  readonly #references: References;
  /** Names of enumerations and namespaces, which scopes don't know. */
  readonly #declared = new Set<string>();

  constructor(private readonly remarks: Remarks, private readonly resolver: Resolver) {
    this.#names = new OtherNames(resolver);
    this.#modules = new ModulePowers(remarks, resolver);
    this.#calls = new CallPowers(remarks, resolver, this.#modules);
    this.#references = new References(remarks, resolver, this.#names, this.#declared);
  }

  /** Adds what can't be followed to the remarks, in the order of the lines. */
  check(ast: t.File): void {
    traverseFast(ast, (node) => {
      const isIt = node.type === "TSEnumDeclaration" || node.type === "TSModuleDeclaration";
      if (isIt && node.id.type === "Identifier") this.#declared.add(node.id.name);
    });
    let model: NodePath | undefined;
    traverse(ast, {
      ...TYPES,
      Identifier: (path) => {
        if (path.isReferencedIdentifier()) this.#name(path);
      },
      ThisExpression: (path) => this.#this(path),
      MetaProperty: (path) => this.#meta(path),
      MemberExpression: (path) => this.#member(path),
      OptionalMemberExpression: (path) => this.#member(path as NodePath),
      ObjectPattern: (path) => this.#pattern(path),
      ImportDeclaration: (path) => {
        this.#references.mayHear ||= !/^(qvim(\/|$)|node:)/.test(path.node.source.value);
        this.#modules.import(path);
      },
      ExportAllDeclaration: (path) => this.#modules.exportAll(path),
      ExportNamedDeclaration: (path) =>
        this.#modules.exportNamed(path, (at, name) => this.#references.look(at, name)),
      TSImportEqualsDeclaration: (path) => {
        this.remarks.look(path, "imports by another name, which can't be followed from here");
      },
      ImportExpression: (path) => {
        this.#references.mayHear = true;
        this.#modules.importExpression(path, (at, name) => this.#names.isGivenOn(at, name));
      },
      CallExpression: (path) => this.#calls.call(path),
      OptionalCallExpression: (path) =>
        this.#calls.call(path as NodePath as NodePath<t.CallExpression>),
      Class: (path) => {
        if (!path.node.superClass) return;
        const base = path.get("superClass") as NodePath;
        this.#calls.picked(path, base);
        if (this.resolver.names(base).some((name) => MODELS.test(name))) model ??= path;
      },
      Decorator: (path) => this.#calls.picked(path, path.get("expression")),
      ObjectProperty: (path) => {
        // Such are called where nothing is seen to call them.
        const { key } = path.node;
        const isCalled = key.type === "Identifier" && /^(then|to[A-Z]\w*|valueOf)$/.test(key.name);
        if (isCalled || path.node.computed) this.#calls.picked(path, path.get("value") as NodePath);
      },
      NewExpression: (path) => this.#calls.picked(path, path.get("callee") as NodePath),
      TaggedTemplateExpression: (path) => this.#calls.picked(path, path.get("tag")),
    });
    if (model !== undefined && !this.#references.mayHear) {
      this.remarks.look(model, "listens to no sound: what it gives comes of something else");
    }
  }

  /** A name that stands by itself, such as `Deno`, or the local name of what is imported. */
  #name(path: NodePath): void {
    const { name } = path.node as t.Identifier;
    const binding = path.scope.getBinding(name);
    this.#later(path, binding);
    if (name === "arguments" && binding === undefined) this.#arguments(path);
    if (isBeginning(path)) return;
    // What a function is handed is shown where it is handed on.
    if ((binding?.kind as string) === "param") return;
    for (const name of this.resolver.names(path)) this.#references.look(path, name);
  }

  /** What a fixed cell declares after a participant's: it is there when functions are called later. */
  #later(path: NodePath, binding: Binding | undefined): void {
    const declared = binding?.identifier.loc?.start.line;
    if (declared === undefined || this.remarks.placeOfLine(declared).isOwn) return;
    if (declared < (path.node.loc?.start.line ?? 0)) return;
    const { name } = path.node as t.Identifier;
    this.remarks.look(path, `uses ${name}, which a later fixed cell declares`);
  }

  /** Parameters are changed by it, and what all of them are may be handed on. */
  #arguments(path: NodePath): void {
    const { parentPath: member } = path;
    const isRead = isBeginning(path) && !member!.parentPath!.isAssignmentExpression() &&
      !member!.parentPath!.isUpdateExpression() && !isCalled(member!);
    if (!isRead) this.remarks.look(path, "uses arguments, by which parameters can be changed");
  }

  #this(path: NodePath): void {
    const owner = thisOwner(path);
    if (owner === undefined && !isBeginning(path)) {
      this.remarks.look(path, "hands on this, which is the global object outside of a class");
    } else if (owner?.isFunctionDeclaration() || owner?.isFunctionExpression()) {
      this.remarks.look(path, "uses this in a function, where it may be the global object");
    }
  }

  #member(path: NodePath): void {
    const member = path as NodePath<t.MemberExpression>;
    const object = member.get("object") as NodePath;
    const key = this.resolver.key(member);
    checkPrototype(member, key, this.remarks, this.resolver);
    if (key === undefined) {
      const whole = this.resolver.names(object).find((name) =>
        WHOLE.test(name) || /^(node:|npm:|qvim)/.test(name) ||
        isShared(name) && name !== "process.env"
      );
      if (whole !== undefined) {
        this.remarks.look(path, `uses something of ${whole} whose name can't be told`);
      }
    }
    if (isBeginning(path)) return;
    for (const name of this.resolver.names(path)) this.#references.look(path, name);
  }

  /** `const { [key]: value } = …`: a key that is no constant, into what may be a power. */
  #pattern(path: NodePath<t.ObjectPattern>): void {
    const { parentPath } = path;
    const source = parentPath.isVariableDeclarator()
      ? parentPath.get("init") as NodePath
      : parentPath.isAssignmentExpression()
      ? parentPath.get("right") as NodePath
      : undefined;
    const names = source?.node ? this.resolver.names(source) : [];
    for (const property of path.get("properties") as NodePath[]) {
      if (property.isRestElement()) {
        if (names.some((name) => WHOLE.test(name) || isShared(name))) {
          this.remarks.look(
            property,
            `takes the rest of ${names[0]}, which can't be followed from here`,
          );
        }
        continue;
      }
      const text = this.#names.keyOf(property as NodePath<t.ObjectProperty>);
      if (text === undefined) {
        const message = `takes something of ${names[0] ?? "a value"} whose name can't be told`;
        this.remarks.look(property, message);
      } else if (text === "constructor" || text === "__proto__" || text === "prototype") {
        this.remarks.look(
          property,
          `takes ${text}, which makes functions or changes what others share`,
        );
      } else {
        for (const name of names) this.#references.taken(property, memberName(name, text));
      }
    }
  }

  #meta(path: NodePath): void {
    const { parent } = path;
    const isKnown = parent.type === "MemberExpression" && !parent.computed &&
      parent.property.type === "Identifier" &&
      /^(url|filename|dirname|main|resolve)$/.test(parent.property.name);
    if (!isKnown && (path.node as t.MetaProperty).meta.name === "import") {
      this.remarks.look(path, "hands import.meta on");
    }
  }
}

/**
 * Powers: what reaches files, processes, the network, other code or the fixed cells. A reference to
 * one is in a form that the rules follow to its end, or it is shown: a list of bad forms can't win.
 */
import traverse, { type Binding, type NodePath } from "@babel/traverse";
import { traverseFast } from "@babel/types";
import type * as t from "@babel/types";
import { CallPowers, CALLS_BACK, HELPERS } from "./call_powers.ts";
import { isHarmless, isHarmlessGlobal, isReaching } from "./harmless.ts";
import { ModulePowers } from "./module_powers.ts";
import { ASKS, MAKES_TEMPORARY, READS, READS_SOUNDS, WRITES, WRITES_BOTH } from "./names.ts";
import { OtherNames } from "./other_names.ts";
import { isBeginning, isCalled, isOnlyAsked, TYPES } from "./positions.ts";
import { checkPrototype } from "./prototypes.ts";
import type { Remarks } from "./remarks.ts";
import type { Resolver } from "./resolver.ts";
import { isShared } from "./shared.ts";
import { thisOwner } from "./this_of.ts";
import { memberName } from "./values.ts";

/** What the set-up cell may do, as the rules allow it. */
const SETUP =
  /^(fetch|Deno\.(Command|connect|connectTls|resolveDns|createHttpClient)|node:(http|https)(\..*)?)$/;
/** Objects whose parts are powers: a part is looked at, and the whole is not handed on. */
const WHOLE =
  /^(Deno|globalThis|window|self|global|process|node:process|node:fs(\/promises|\.promises)?|node:child_process|qvim(\/helpers)?|Reflect)$/;
/** Names of which no use is followed. */
const UNFOLLOWED =
  /^(WebAssembly|Proxy|ShadowRealm|SharedWorker|caches|localStorage|sessionStorage|indexedDB|BroadcastChannel)(\.|$)/;
/** What of `Reflect` only looks, besides that which gives a part back. */
const LOOKS = /^Reflect\.(ownKeys|has|getOwnPropertyDescriptor)$/;
/** The run of the fixed cells, and what shows figures. */
const FIXED_POWERS =
  /^(qvim\.(currentRun|NotebookRun|printUnderCells)|qvim\/helpers\.(setRootPath))(\..*)?$/;
const SHOWS =
  /^(Deno\.jupyter(\..*)?|qvim\.(display|showFigures|showRanks|exactMatchLines|classwiseLines))$/;
/** What only looks at what it is given. */
const ONLY_LOOKS =
  /^(console\..*|JSON\.stringify|Object\.(keys|values|entries|is)|Deno\.inspect|String|qvim\..*)$/;
/** What a model of one's own extends, and by what it may come to hear the sounds. */
const MODELS = /^qvim\.(QVIMModel|EmbeddingModel|RepresentationModel)$/;
const HEARS =
  /^(Deno\.(read|open)\w*|node:fs(\/promises)?(\.(promises\.)?(read|open|createRead)\w*)?|qvim\.(read(Wav|Audio)|TwoDft|VocalSearch|MobileNetBaseline|OnnxDualEncoder))$/;

/** Looks at every reference to a power in what participants wrote. */
export class PowerChecker {
  readonly #names: OtherNames;
  readonly #modules: ModulePowers;
  readonly #calls: CallPowers;
  /** Whether anything is there by which a model could listen to the sounds. */
  #mayHear = false;
  /** Names of enumerations and namespaces, which scopes don't know. */
  readonly #declared = new Set<string>();

  constructor(private readonly remarks: Remarks, private readonly resolver: Resolver) {
    this.#names = new OtherNames(resolver);
    this.#modules = new ModulePowers(remarks, resolver);
    this.#calls = new CallPowers(remarks, resolver, this.#modules);
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
        this.#mayHear ||= !/^(qvim(\/|$)|node:)/.test(path.node.source.value);
        this.#modules.import(path);
      },
      ExportAllDeclaration: (path) => this.#modules.exportAll(path),
      ExportNamedDeclaration: (path) =>
        this.#modules.exportNamed(path, (at, name) => this.#reference(at, name)),
      TSImportEqualsDeclaration: (path) => {
        this.remarks.look(path, "imports by another name, which can't be followed from here");
      },
      ImportExpression: (path) => {
        this.#mayHear = true;
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
    if (model !== undefined && !this.#mayHear) {
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
    for (const name of this.resolver.names(path)) this.#reference(path, name);
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
    for (const name of this.resolver.names(path)) this.#reference(path, name);
  }

  /** A use of what the runtime or a package names. */
  #reference(path: NodePath, name: string): void {
    this.#mayHear ||= HEARS.test(name) && this.remarks.placeOf(path).isOwn;
    if (isOnlyAsked(path)) return;
    // The rules look at what the set-up cell starts and fetches.
    if (
      this.remarks.placeOf(path).isSetup && SETUP.test(name) && this.#names.isFollowed(path, name)
    ) {
      return;
    }
    if (FIXED_POWERS.test(name)) {
      this.remarks.look(path, `takes part in the fixed cells' run by ${name}`);
    } else if (SHOWS.test(name)) {
      this.#use(path, name);
      const message = `shows something by ${name}, which may look like a figure of the fixed cells`;
      this.remarks.look(path, message);
    } else if (UNFOLLOWED.test(name)) {
      this.remarks.look(path, `uses ${name}, behind which anything may stand`);
    } else if (WHOLE.test(name)) {
      if (!this.#names.isGivenOn(path, name)) {
        this.remarks.look(path, `hands ${name} on, which can't be followed from here`);
      }
    } else if (isPathFunction(name)) {
      if (!this.#names.isFollowed(path, name)) {
        this.#use(path, name);
        const message = `hands ${name} on; with which paths it is called can't be told`;
        this.remarks.look(path, message);
      }
    } else if (isShared(name) && !this.#isUsed(path, name)) {
      this.remarks.look(path, `hands ${name} on, which everybody shares`);
    } else if (
      isHarmless(name) || READS_SOUNDS.test(name) || ASKS.test(name) || HELPERS.test(name) ||
      isConstant(name)
    ) {
      // It changes nothing, or the rules look at it.
    } else if (/^(Deno|process|node:[^.]*|qvim(\/[^.]*)?)(\.|$)/.test(name)) {
      this.#use(path, name);
      this.remarks.look(path, `uses ${name}, which reaches beyond the notebook`);
    } else if (name.startsWith("Reflect.") && !LOOKS.test(name)) {
      this.remarks.look(path, `uses ${name}, behind which anything may stand`);
    } else if (isReaching(name)) {
      this.#use(path, name);
      this.remarks.look(path, `uses ${name}, which runs or reads what it is given`);
    } else if (/^Object\.(getPrototypeOf|setPrototypeOf|getOwnPropertyDescriptors?)$/.test(name)) {
      this.remarks.look(path, `reaches a prototype, or what is in one, by ${name}`);
    } else if (/^(node:timers\.)?(setTimeout|setInterval)$/.test(name)) {
      if (!this.#names.isFollowed(path, name) && !this.#isPromisified(path)) {
        this.remarks.look(path, `hands ${name} on, which runs texts as well`);
      }
    } else if (this.#isGlobal(path, name) && !isHarmlessGlobal(name)) {
      this.remarks.look(
        path,
        name in globalThis
          ? `uses ${name} of the runtime, which reaches beyond the notebook`
          : `uses ${name}, which nothing here declares`,
      );
    }
  }

  /** Whether it is a name that the runtime declares, or nobody. */
  #isGlobal(path: NodePath, name: string): boolean {
    if (path.isIdentifier()) {
      return path.node.name === name && path.scope.getBinding(name) === undefined &&
        !this.#declared.has(name);
    }
    if (!path.isMemberExpression()) return false;
    const object = this.resolver.names(path.get("object") as NodePath);
    return this.resolver.key(path) === name && object.some((it) => WHOLE.test(it));
  }

  #use(path: NodePath, name: string): void {
    this.remarks.uses(path, name);
  }

  /** Whether a shared object stays where it is: what it has is used, or it makes something. */
  #isUsed(path: NodePath, name: string): boolean {
    if (this.#names.isFollowed(path, name)) return true;
    const { parentPath } = path;
    return parentPath === null || parentPath.isClass() && path.key === "superClass" ||
      parentPath.isTaggedTemplateExpression() || parentPath.isTemplateLiteral() ||
      parentPath.isDecorator() || parentPath.isExpressionStatement() ||
      path.listKey === "arguments" && this.#isOnlyLookedAt(path, name);
  }

  #isPromisified({ parentPath }: NodePath): boolean {
    return parentPath!.isCallExpression() &&
      this.resolver.names(parentPath!.get("callee") as NodePath).includes("node:util.promisify");
  }

  /** Whether a function that is given a shared object keeps nothing of it: `list.map(Number)`. */
  #isOnlyLookedAt({ parentPath }: NodePath, name: string): boolean {
    const callee = parentPath!.get("callee") as NodePath;
    const called = this.resolver.names(callee);
    if (called.length > 0 && called.every((it) => ONLY_LOOKS.test(it))) return true;
    return typeof (globalThis as Record<string, unknown>)[name] === "function" &&
      callee.isMemberExpression() &&
      CALLS_BACK.test(this.resolver.key(callee as NodePath<t.MemberExpression>) ?? "");
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
        for (const name of names) this.#taken(property, memberName(name, text));
      }
    }
  }

  /** What a pattern takes of an object with powers. */
  #taken(property: NodePath, name: string): void {
    const value = property.get("value") as NodePath;
    const target = value.isAssignmentPattern() ? value.get("left") as NodePath : value;
    // Where it is used the rules look at it.
    if (
      (isPathFunction(name) || WHOLE.test(name) || isShared(name)) &&
      this.#names.carries(target, name)
    ) return;
    if (
      SETUP.test(name) && this.remarks.placeOf(property).isSetup &&
      this.#names.carries(target, name)
    ) {
      return;
    }
    this.#reference(property, name);
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

function isPathFunction(name: string): boolean {
  // What gives nothing but samples may be handed on.
  return READS.test(name) && !READS_SOUNDS.test(name) || WRITES.test(name) ||
    WRITES_BOTH.test(name) ||
    MAKES_TEMPORARY.test(name);
}

/** `node:fs.constants` and the like. */
function isConstant(name: string): boolean {
  return /^node:fs(\/promises|\.promises)?\.constants(\..*)?$/.test(name) ||
    /^node:fs(\/promises|\.promises)?$/.test(name);
}

import type { NodePath } from "@babel/traverse";
import type * as t from "@babel/types";
import { CALLS_BACK, HELPERS } from "./call_powers.ts";
import { isHarmless, isHarmlessGlobal, isReaching } from "./harmless.ts";
import { ASKS, MAKES_TEMPORARY, READS, READS_SOUNDS, WRITES, WRITES_BOTH } from "./names.ts";
import type { OtherNames } from "./other_names.ts";
import { isOnlyAsked } from "./positions.ts";
import type { Remarks } from "./remarks.ts";
import type { Resolver } from "./resolver.ts";
import { isShared } from "./shared.ts";

/** What the set-up cell may do, as the rules allow it. */
const SETUP =
  /^(fetch|Deno\.(Command|connect|connectTls|resolveDns|createHttpClient)|node:(http|https)(\..*)?)$/;
/** Objects whose parts are powers: a part is looked at, and the whole is not handed on. */
export const WHOLE =
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
/** By what a model may come to hear the sounds. */
const HEARS =
  /^(Deno\.(read|open)\w*|node:fs(\/promises)?(\.(promises\.)?(read|open|createRead)\w*)?|qvim\.(read(Wav|Audio)|TwoDft|VocalSearch|MobileNetBaseline|OnnxDualEncoder))$/;

/** Tells references to powers that the rules follow, or that do nothing, from those that are shown. */
export class References {
  /** Whether anything was there by which a model could listen to the sounds. */
  mayHear = false;

  /** @param declared Names of enumerations and namespaces, which scopes don't know. */
  constructor(
    private readonly remarks: Remarks,
    private readonly resolver: Resolver,
    private readonly names: OtherNames,
    private readonly declared: ReadonlySet<string>,
  ) {}

  /** A use of what the runtime or a package names. */
  look(path: NodePath, name: string): void {
    this.mayHear ||= HEARS.test(name) && this.remarks.placeOf(path).isOwn;
    if (isOnlyAsked(path)) return;
    // The rules look at what the set-up cell starts and fetches.
    if (
      this.remarks.placeOf(path).isSetup && SETUP.test(name) && this.names.isFollowed(path, name)
    ) {
      return;
    }
    if (FIXED_POWERS.test(name)) {
      this.remarks.look(path, `takes part in the fixed cells' run by ${name}`);
    } else if (SHOWS.test(name)) {
      this.remarks.uses(path, name);
      const message = `shows something by ${name}, which may look like a figure of the fixed cells`;
      this.remarks.look(path, message);
    } else if (UNFOLLOWED.test(name)) {
      this.remarks.look(path, `uses ${name}, behind which anything may stand`);
    } else if (WHOLE.test(name)) {
      if (!this.names.isGivenOn(path, name)) {
        this.remarks.look(path, `hands ${name} on, which can't be followed from here`);
      }
    } else if (isPathFunction(name)) {
      if (!this.names.isFollowed(path, name)) {
        this.remarks.uses(path, name);
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
      this.remarks.uses(path, name);
      this.remarks.look(path, `uses ${name}, which reaches beyond the notebook`);
    } else if (name.startsWith("Reflect.") && !LOOKS.test(name)) {
      this.remarks.look(path, `uses ${name}, behind which anything may stand`);
    } else if (isReaching(name)) {
      this.remarks.uses(path, name);
      this.remarks.look(path, `uses ${name}, which runs or reads what it is given`);
    } else if (/^Object\.(getPrototypeOf|setPrototypeOf|getOwnPropertyDescriptors?)$/.test(name)) {
      this.remarks.look(path, `reaches a prototype, or what is in one, by ${name}`);
    } else if (/^(node:timers\.)?(setTimeout|setInterval)$/.test(name)) {
      if (!this.names.isFollowed(path, name) && !this.#isPromisified(path)) {
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
        !this.declared.has(name);
    }
    if (!path.isMemberExpression()) return false;
    const object = this.resolver.names(path.get("object") as NodePath);
    return this.resolver.key(path) === name && object.some((it) => WHOLE.test(it));
  }

  /** Whether a shared object stays where it is: what it has is used, or it makes something. */
  #isUsed(path: NodePath, name: string): boolean {
    if (this.names.isFollowed(path, name)) return true;
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

  /** What a pattern takes of an object with powers. */
  taken(property: NodePath, name: string): void {
    const value = property.get("value") as NodePath;
    const target = value.isAssignmentPattern() ? value.get("left") as NodePath : value;
    // Where it is used the rules look at it.
    if (
      (isPathFunction(name) || WHOLE.test(name) || isShared(name)) &&
      this.names.carries(target, name)
    ) return;
    if (
      SETUP.test(name) && this.remarks.placeOf(property).isSetup &&
      this.names.carries(target, name)
    ) {
      return;
    }
    this.look(property, name);
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

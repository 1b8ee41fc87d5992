/** Calls that may do more than what is called says. */
import type { NodePath } from "@babel/traverse";
import type * as t from "@babel/types";
import type { ModulePowers } from "./module_powers.ts";
import { isOfPackage } from "./patching.ts";
import type { Remarks } from "./remarks.ts";
import type { Resolver } from "./resolver.ts";
import { knownText } from "./values.ts";

/** Helpers that write below the root, or fetch: the rules know the latter. */
export const HELPERS =
  /^qvim\/helpers\.(wgetDownload|googleDriveDownload|gitCloneCheckout|downloadDataset|unpackFile|getRootPath)$/;
/** Methods that call back what they are given. */
export const CALLS_BACK =
  /^(map|filter|forEach|flatMap|some|every|find|findIndex|from|then|catch|reduce|reduceRight|sort|toSorted|replace|replaceAll)$/;

/** Looks at what is called, and at what it is given. */
export class CallPowers {
  constructor(
    private readonly remarks: Remarks,
    private readonly resolver: Resolver,
    private readonly modules: ModulePowers,
  ) {}

  /** A call of something. */
  call(path: NodePath<t.CallExpression>): void {
    const args = path.get("arguments") as NodePath[];
    const callee = path.get("callee") as NodePath;
    this.picked(path, callee);
    if (callee.isMemberExpression()) this.#method(path, callee, args);
    this.#addresses(path, callee, args);
    for (const name of this.resolver.names(callee)) {
      if (name === "fetch" && args[0]) this.modules.fetch(path, args[0]);
      if (HELPERS.test(name)) this.modules.addresses(path, args);
      if (name === "Symbol.for") this.#symbol(path, args[0]);
    }
  }

  /** Something that is called, or made, and was taken by a name that can't be told. */
  picked(path: NodePath, callee: NodePath): void {
    const isPicked = this.resolver.resolve(callee).some((it) =>
      it.kind === "unknown" && it.isPicked
    );
    if (isPicked) {
      this.remarks.look(path, "calls something that was taken by a name that can't be told");
    }
  }

  /** An address that something is given which may fetch it, where nothing is to be fetched. */
  #addresses(path: NodePath, callee: NodePath, args: NodePath[]): void {
    if (this.remarks.placeOf(path).isSetup) return;
    const called = this.resolver.resolve(callee);
    const mayFetch = called.some((it) =>
      it.kind === "unknown" || it.kind === "name" && isOfPackage(it.name)
    );
    if (!mayFetch) return;
    const address = args.flatMap((arg) => this.resolver.resolve(arg)).find((value) =>
      value.kind === "text" && /^(https?|wss?):\/\/[^/]/i.test(value.text)
    );
    if (address !== undefined) {
      this.remarks.look(path, "gives an address to what may fetch it, outside of the set-up cell");
    }
  }

  #method(path: NodePath, callee: NodePath<t.MemberExpression>, args: NodePath[]): void {
    const key = this.resolver.key(callee) ?? "";
    const object = callee.get("object") as NodePath;
    if (/^(call|apply|bind)$/.test(key)) this.picked(path, object);
    if (CALLS_BACK.test(key)) {
      const callback = args[/^(from|replace)/.test(key) ? 1 : 0];
      if (callback !== undefined) this.picked(path, callback);
    }
    // Lodash's own objects have all of its functions.
    if (
      key === "template" && this.resolver.resolve(object).some(({ kind }) => kind === "unknown")
    ) {
      this.remarks.look(path, "makes a function of a text by a template");
    }
  }

  /** The kernel shows what has a certain symbol; the runtime's own inside has another. */
  #symbol(path: NodePath, name: NodePath | undefined): void {
    const values = name ? this.resolver.resolve(name).map(knownText) : [undefined];
    if (values.some((text) => text === undefined || /jupyter|deno|nodejs/i.test(text))) {
      this.remarks.look(path, "takes a symbol that the kernel or the runtime may know");
    }
  }
}

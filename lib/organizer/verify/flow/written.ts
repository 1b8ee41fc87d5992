/** Which files a notebook's programs write: what they read of those is nothing that was handed in. */
import type { NodePath } from "@babel/traverse";
import { WRITES, WRITES_BOTH } from "../names.ts";
import type { Resolver } from "../resolver.ts";
import { NAMED, SEGMENT } from "../values.ts";

/** The files that programs write, by their paths. */
export class WrittenFiles {
  /** Undefined where one can't be told. */
  readonly #paths = new Set<string | undefined>();

  /** Finds what a call writes; what is copied or renamed is written where it gets to. */
  find(call: NodePath, resolver: Resolver): void {
    const names = resolver.names(call.get("callee") as NodePath);
    for (const [place, them] of [WRITES, WRITES_BOTH].entries()) {
      const target = (call.get("arguments") as NodePath[])[place];
      if (target === undefined || !names.some((name) => them.test(name))) continue;
      for (const value of resolver.resolve(target)) {
        this.#paths.add(value.kind === "text" ? plain(value.text) : undefined);
      }
    }
  }

  /** Whether a file of a path is, or may be, one of those. */
  has(path: NodePath, resolver: Resolver): boolean {
    if (this.#paths.has(undefined)) return true;
    return resolver.resolve(path).some((it) =>
      it.kind === "text" ? this.#paths.has(plain(it.text)) : this.#paths.size > 0
    );
  }
}

/** The text of a path, whichever name is in it. */
function plain(text: string): string {
  return text.replaceAll(NAMED, SEGMENT);
}

/** What objects are told to have by descriptions of that, as by `Object.defineProperty`. */
import type { NodePath } from "@babel/traverse";
import type * as t from "@babel/types";
import { keyText } from "../functions.ts";
import type { Resolver } from "../resolver.ts";
import { knownText } from "../values.ts";
import { type Flow, join, tableOf } from "./flow.ts";
import type { FlowTargets } from "./targets.ts";
import type { FlowValues } from "./values.ts";

/** Gives objects what is described for them. */
export class FlowDefinitions {
  constructor(
    private readonly values: FlowValues,
    private readonly targets: FlowTargets,
    private readonly resolver: Resolver,
  ) {}

  /** What an object is told to have by descriptions of that: `{ value: id }`, `{ get: () => id }`. */
  defines(key: string, args: NodePath[]): void {
    const [object] = args;
    const all = key === "defineProperty" ? args.slice(2) : args.slice(1);
    if (object === undefined) return;
    const name = key === "defineProperty" && args[1] ? args[1] : undefined;
    for (const described of all) {
      const flow = this.#described(described);
      const texts = name === undefined ? [] : this.resolver.resolve(name).map(knownText);
      if (name === undefined) this.#definesAll(object, described);
      else if (texts.length === 1 && texts[0] !== undefined) {
        this.targets.putField(object, texts[0], flow);
      } else this.targets.give(object, tableOf(this.values.of(name), flow), true);
    }
  }

  #definesAll(object: NodePath, all: NodePath): void {
    for (const it of this.#propertiesOf(all)) {
      const key = keyText(it.node as t.ObjectProperty);
      if (key === undefined || !it.isObjectProperty()) continue;
      this.targets.putField(object, key, this.#described(it.get("value") as NodePath));
    }
  }

  #propertiesOf(path: NodePath): NodePath[] {
    return this.resolver.resolve(path).flatMap((it) =>
      it.kind === "code" && it.path.isObjectExpression() ? it.path.get("properties") : []
    );
  }

  #described(path: NodePath): Flow {
    return join(
      ...this.#propertiesOf(path).flatMap((it) => {
        if (it.isObjectMethod()) return this.values.returnedAt(it, it);
        if (!it.isObjectProperty()) return [];
        const value = it.get("value") as NodePath;
        return [this.values.of(value), this.values.returnedBy(value)];
      }),
    );
  }
}

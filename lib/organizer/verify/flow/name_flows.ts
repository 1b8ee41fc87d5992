/** Goes through a notebook's programs again and again until nothing more is found of where names get. */
import type { NodePath } from "@babel/traverse";
import type { Resolver } from "../resolver.ts";
import { NameFlow } from "./name_flow.ts";
import { FlowState } from "./state.ts";

/** Nobody hands names on in more steps; what is not known after so many times through it stays unknown. */
const MOST_ROUNDS = 24;

/** Follows names of sounds through the programs of a notebook: its cells, and modules of its own. */
export class NameFlows {
  readonly #state = new FlowState();
  readonly #programs: NameFlow[] = [];

  /** Follows them through one more program; those that were there before may hand it some. */
  follow(program: NodePath, resolver: Resolver): NameFlow {
    const flow = new NameFlow(program, this.#state, resolver);
    this.#programs.push(flow);
    flow.findsWritten();
    for (let round = 0; round < MOST_ROUNDS; round++) {
      this.#state.isChanged = false;
      for (const it of this.#programs) it.again();
      if (!this.#state.isChanged) break;
    }
    return flow;
  }
}

/** What is known by now of where names of sounds are, of all of a notebook's programs together. */
import type { Binding } from "@babel/traverse";
import type * as t from "@babel/types";
import { type Flow, isSame, join, NOTHING } from "./flow.ts";

/** What variables, fields and functions are known to give. */
export class FlowState {
  readonly variables = new Map<Binding, Flow>();
  /** What fields of classes are, by their names. */
  readonly ofClasses = new Map<string, Flow>();
  /** What fields of other objects are, by their names. */
  readonly ofRecords = new Map<string, Flow>();
  /** What functions give, by their nodes. */
  readonly returned = new Map<t.Node, Flow>();
  /** Whether more is known than when this was last put back. */
  isChanged = false;

  /** Something more that a variable, a field or a function may give. */
  add<K>(to: Map<K, Flow>, key: K, flow: Flow): void {
    const before = to.get(key) ?? NOTHING;
    const after = join(before, flow);
    if (isSame(before, after)) return;
    to.set(key, after);
    this.isChanged = true;
  }
}

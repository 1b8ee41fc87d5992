/** What variables, patterns and fields get. */
import type { NodePath } from "@babel/traverse";
import type * as t from "@babel/types";
import { keyText } from "../functions.ts";
import { isWrapping } from "../positions.ts";
import { PARAMETER_PROPERTIES } from "../program.ts";
import type { Resolver } from "../resolver.ts";
import {
  elementOf,
  type Flow,
  isNothing,
  itemOf,
  listOf,
  metIn,
  NOTHING,
  RECORD,
  tableOf,
} from "./flow.ts";
import { isAskedFor, ofTextOrList } from "./calls.ts";
import { ANY_CLASS, rootOfMember } from "./class_fields.ts";
import type { FlowValues } from "./values.ts";

/** Gives what is known of values to what they are assigned to, handed to, or put into. */
export class FlowTargets {
  constructor(private readonly values: FlowValues, private readonly resolver: Resolver) {}

  /** A function gets an argument where a place calls it. */
  hand(handler: NodePath, site: NodePath, index: number, flow: Flow): void {
    const { state, objects } = this.values;
    if (isNothing(flow)) return;
    state.add(state.calledWith, handler.node, listOf(flow));
    const last = Math.min(
      index + state.boundTo(handler.node),
      Math.max(index, (handler.get("params") as NodePath[]).length - 1),
    );
    for (const frame of state.enter(handler, site, objects.calledOn(site))) {
      for (let i = index; i <= last; i++) state.within(frame, () => this.#hand(handler, i, flow));
    }
  }

  #hand(handler: NodePath, index: number, flow: Flow): void {
    const parameters = handler.get("params") as NodePath[];
    const parameter = parameters[Math.min(index, parameters.length - 1)];
    if (parameter === undefined) return;
    if (PARAMETER_PROPERTIES.has(parameter.node)) {
      const fields = this.values.state.fieldsOf(rootOfMember(handler, this.resolver));
      for (const name of Object.keys(parameter.getBindingIdentifiers())) {
        this.values.state.add(fields, name, flow);
      }
    }
    if (parameter.isRestElement()) this.give(parameter.get("argument") as NodePath, listOf(flow));
    else if (index < parameters.length) this.give(parameter, flow);
  }

  /** What a pattern, a variable or a field gets. `isPut`: it is put into what is there. */
  give(target: NodePath, flow: Flow, isPut = false): void {
    // What is put under a name makes that a key, whatever it is.
    const isUnder = target.isMemberExpression() && target.node.computed;
    if (isNothing(flow) && !isUnder) return;
    if (isPut) this.#keep(target, flow);
    if (isWrapping(target)) return this.give(target.get("expression") as NodePath, flow, isPut);
    if (target.isIdentifier()) {
      const binding = target.scope.getBinding(target.node.name);
      if (binding !== undefined) this.values.state.addVariable(binding, flow);
    } else if (target.isMemberExpression()) this.#put(target, flow);
    else if (target.isAssignmentPattern()) this.give(target.get("left") as NodePath, flow);
    else if (target.isRestElement()) this.give(target.get("argument") as NodePath, flow);
    else if (target.isArrayPattern()) {
      if (flow.isName) this.values.state.takenApart(target, "letters");
      (target.get("elements") as NodePath[]).forEach((element, i) => {
        if (element.node) this.give(element, this.#place(element, flow, i));
      });
    } else if (target.isObjectPattern()) {
      for (const property of target.get("properties") as NodePath[]) {
        if (property.isRestElement()) this.give(property, flow);
        else this.give(property.get("value") as NodePath, this.#ofKey(property, flow));
      }
    } else if (isPut && (target.isCallExpression() || target.isOptionalCallExpression())) {
      // What is put into what a map gave, as in `(map.get(key) ?? []).push(…)`, is in the map.
      const callee = target.get("callee") as NodePath;
      if (callee.isMemberExpression() || callee.isOptionalMemberExpression()) {
        const key = this.resolver.key(callee as NodePath<t.MemberExpression>) ?? "";
        // `map.set(…)` is the map again.
        const isSame = /^(set|add)$/.test(key);
        const put = isSame ? flow : tableOf(NOTHING, flow, key === "get");
        this.give(callee.get("object") as NodePath, put, true);
      }
    } else if (isPut && (target.isLogicalExpression() || target.isAssignmentExpression())) {
      this.give(target.get("left") as NodePath, flow, true);
    }
  }

  #place(element: NodePath, flow: Flow, index: number): Flow {
    if (element.isRestElement()) return listOf(elementOf(flow) ?? NOTHING);
    if (flow.items !== undefined) return itemOf(flow, index);
    return metIn(flow);
  }

  #ofKey(property: NodePath, flow: Flow): Flow {
    const key = keyText(property.node as t.ObjectProperty);
    if (flow.isName && /^(length|\d+)$/.test(key ?? "")) {
      this.values.state.takenApart(property, "letters");
    }
    if (isAskedFor(flow, key)) this.values.state.takenApart(property, "asked");
    return key === undefined
      ? ofTextOrList(flow)
      : this.values.ofField(flow, key, [{ root: ANY_CLASS }]);
  }

  /** Something that is put into a field, or under a key. */
  #put(target: NodePath<t.MemberExpression>, flow: Flow): void {
    const object = target.get("object"), key = this.resolver.key(target);
    if (key !== undefined && !/^\d+$/.test(key)) {
      for (const it of this.values.callees.settersOf(target)) this.hand(it, target, 0, flow);
      this.putField(object, key, flow);
    }
    if (!target.node.computed) return;
    const keys = this.values.of(target.get("property") as NodePath);
    this.give(object, tableOf(keys, flow), true);
  }

  /** Something that is put into a field of a name. */
  putField(object: NodePath, key: string, flow: Flow): void {
    const { state, objects } = this.values;
    const put = () =>
      objects.placesOf(object).forEach((it) => state.add(state.ofClasses.of(it), key, flow));
    if (object.isThisExpression()) return put();
    this.give(object, RECORD, true);
    // `node.ids.push(id)` of a node that is one of a class.
    if (this.resolver.fields(object).allOf(key).some((it) => it?.isClassProperty())) put();
    state.add(state.ofRecords, key, flow);
  }

  /** What is put by no name into `this`, or into an object of a class that extends `Map`, say. */
  #keep(path: NodePath, flow: Flow): void {
    const { state, objects } = this.values;
    if (path.isThisExpression() || path.isSuper()) {
      for (const { root, maker } of objects.placesOf(path)) {
        const holder = maker ?? root;
        if (typeof holder !== "string") state.add(state.kept, holder, flow);
      }
      return;
    }
    for (const maker of objects.makersOf(path)) {
      const isOfRuntime = objects.linesOf(maker).some(({ base }) => base.length > 0);
      if (isOfRuntime) state.add(state.kept, maker.node, flow);
    }
  }
}

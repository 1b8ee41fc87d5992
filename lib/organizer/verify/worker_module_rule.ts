import type { NodePath } from "@babel/traverse";
import type * as t from "@babel/types";
import { PARAMETER_PROPERTIES } from "./program.ts";
import type { Remarks } from "./remarks.ts";
import type { Resolver } from "./resolver.ts";
import { knownText } from "./values.ts";

/** What a model has the name of the module in that its processes run. */
const WORKER_MODULE = "workerModule";

/** The module that the processes of a model run is as good as imported. */
export class WorkerModuleRule {
  /** @param imports Looks at a module of that name as at one that is imported. */
  constructor(
    private readonly remarks: Remarks,
    private readonly resolver: Resolver,
    private readonly imports: (name: NodePath) => void,
  ) {}

  /** What a pattern assigns to, among it the module that a model's processes run. */
  targets(pattern: NodePath): void {
    pattern.traverse({
      MemberExpression: (member) => {
        if (this.resolver.key(member) !== WORKER_MODULE) return;
        this.remarks.look(member, "sets the module that a model's processes run");
      },
    });
  }

  /** What a class or an object has under a name. */
  member(path: NodePath): void {
    const { key, computed } = path.node as t.ClassProperty;
    const names = !computed && key.type === "Identifier"
      ? [key.name]
      : this.resolver.resolve(path.get("key") as NodePath).map(knownText);
    for (const parameter of path.isClassMethod() ? path.get("params") as NodePath[] : []) {
      const its = Object.keys(parameter.getBindingIdentifiers());
      if (its.includes(WORKER_MODULE) && PARAMETER_PROPERTIES.has(parameter.node)) {
        this.remarks.look(parameter, "sets the module that a model's processes run");
      }
    }
    if (!names.includes(WORKER_MODULE)) return;
    const value = path.isMethod() || path.parentPath!.isObjectPattern()
      ? undefined
      : path.get("value") as NodePath;
    if (value !== undefined) this.field(WORKER_MODULE, value);
    else this.remarks.look(path, "sets the module that a model's processes run");
  }

  /** The module that the processes of a model run is one that it imports. */
  field(name: string, value: NodePath): void {
    if (name !== WORKER_MODULE || (value.node as t.Node | null) === null) return;
    const isItself = value.isMemberExpression() && value.get("object").isMetaProperty();
    const isNone = value.isIdentifier({ name: "undefined" });
    if (!isItself && !isNone) this.imports(value);
  }
}

import type * as t from "@babel/types";
import type { Finding } from "./findings.ts";
import type { Place, Program } from "./program.ts";

interface Declared {
  name: string;
  place: Place;
  /** What it is imported from: the module, and the name there. */
  module?: string;
}

/**
 * Cells may declare again what an earlier cell declares, which a program may not: makes the joined
 * cells one that can be followed. What fixed cells declare must stay theirs.
 *
 * @param program The joined cells; changed in place.
 */
export function settleDeclarations(program: Program): Finding[] {
  const findings: Finding[] = [];
  const first = new Map<string, Declared>();
  const again = new Set<string>();
  const body = program.ast.program.body;
  const declare = (node: t.Node, name: string, module?: string): boolean => {
    const place = program.placeOf(node.loc?.start.line ?? 1);
    const earlier = first.get(name);
    if (earlier === undefined) {
      first.set(name, { name, place, module });
      return true;
    }
    // Importing the same once more changes nothing.
    if (module !== undefined && module === earlier.module) return false;
    again.add(name);
    const fixed = [earlier.place, place].find(({ isOwn }) => !isOwn);
    const own = [place, earlier.place].find(({ isOwn }) => isOwn);
    if (fixed !== undefined && own !== undefined) {
      findings.push({
        rule: "patching",
        severity: "violation",
        cell: own.cell,
        line: own.line,
        message: `declares ${name}, which fixed cell ${fixed.cell} declares`,
      });
    }
    return false;
  };
  for (const statement of body) {
    if (statement.type === "ImportDeclaration") {
      statement.specifiers = statement.specifiers.filter((specifier) =>
        declare(specifier, specifier.local.name, originOf(specifier, statement.source.value))
      );
    } else if (statement.type === "VariableDeclaration") {
      for (const { id } of statement.declarations) {
        for (const name of namesOf(id)) declare(statement, name);
      }
    } else if (
      (statement.type === "FunctionDeclaration" || statement.type === "ClassDeclaration") &&
      statement.id
    ) {
      declare(statement, statement.id.name);
    }
  }
  for (const statement of body) {
    if (statement.type === "ImportDeclaration") {
      statement.specifiers = statement.specifiers.filter(({ local }) => !again.has(local.name));
    }
    if (statement.type !== "VariableDeclaration") continue;
    const isAgain = statement.declarations.some(({ id }) => namesOf(id).some((n) => again.has(n)));
    if (isAgain) statement.kind = "var";
  }
  return findings;
}

/** A module, and the name of what is imported of it: another name of it is another thing. */
function originOf(specifier: t.ImportDeclaration["specifiers"][number], module: string): string {
  if (specifier.type !== "ImportSpecifier") return `${module} ${specifier.type}`;
  const { imported } = specifier;
  return `${module} ${imported.type === "Identifier" ? imported.name : imported.value}`;
}

/** The names that a pattern declares. */
function namesOf(pattern: t.Node): string[] {
  switch (pattern.type) {
    case "Identifier":
      return [pattern.name];
    case "AssignmentPattern":
      return namesOf(pattern.left);
    case "RestElement":
      return namesOf(pattern.argument);
    case "ObjectPattern":
      return pattern.properties.flatMap((property) =>
        namesOf(property.type === "RestElement" ? property.argument : property.value)
      );
    case "ArrayPattern":
      return pattern.elements.flatMap((element) => element ? namesOf(element) : []);
    default:
      return [];
  }
}

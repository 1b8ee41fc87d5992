import type { NodePath } from "@babel/traverse";
import type { Finding, Rule } from "./findings.ts";
import type { Place, Program } from "./program.ts";

/** Collects what is found in a program: of what participants wrote, and once a line. */
export class Remarks {
  readonly #findings = new Map<string, Finding>();
  /** What the program reaches, in a few words each. */
  readonly powers = new Set<string>();

  constructor(private readonly program: Program) {}

  /** What was found, in the order of finding. */
  findings(): Finding[] {
    return [...this.#findings.values()];
  }

  /** Where a piece of the program stands. */
  placeOf(path: NodePath): Place {
    return this.program.placeOf(path.node.loc?.start.line ?? 1);
  }

  /** The place of what a line declares. */
  placeOfLine(line: number): Place {
    return this.program.placeOf(line);
  }

  /** The source of a piece of the program. */
  sourceOf({ node }: NodePath): string {
    return this.program.source.slice(node.start ?? 0, node.end ?? 0);
  }

  add(path: NodePath, rule: Rule, severity: Finding["severity"], message: string): void {
    const { cell, line, file, isOwn } = this.placeOf(path);
    if (!isOwn) return;
    const key = `${rule} ${severity} ${cell} ${file} ${line}`;
    if (!this.#findings.has(key)) {
      this.#findings.set(key, { rule, severity, cell, line, file, message });
    }
  }

  /** Shows what can't be told. */
  look(path: NodePath, message: string): void {
    this.add(path, "unclear", "warning", message);
  }

  /** Lists a power, where the participant's code uses it. */
  uses(path: NodePath, power: string): void {
    if (this.placeOf(path).isOwn) this.powers.add(power);
  }
}

import { parse, type ParserOptions } from "@babel/parser";

/** How the kernel's cells are parsed, each by itself. */
export const CELL_PARSER: ParserOptions = {
  sourceType: "module",
  plugins: ["typescript", "decorators", "decoratorAutoAccessors"],
  allowUndeclaredExports: true,
};

/** What is wrong with the syntax of a cell. */
export interface SyntaxFault {
  /** From 1, as the parser counts lines. */
  line: number;
  /** From 1. */
  column: number;
  reason: string;
}

/**
 * Finds what is wrong with the syntax of a cell, of which the kernel says nothing but that it failed.
 *
 * @returns `undefined` where it parses.
 *
 * @example
 * ```ts
 * import { syntaxFault } from "./syntax.ts";
 *
 * const { line, column } = syntaxFault("const a = ;")!;
 * if (line !== 1 || column !== 11) throw new Error(`${line}:${column}`);
 * ```
 */
export function syntaxFault(source: string): SyntaxFault | undefined {
  try {
    parse(source, CELL_PARSER);
    return undefined;
  } catch (error) {
    const { loc, message } = error as Error & { loc?: { line: number; column: number } };
    return {
      line: loc?.line ?? 1,
      column: (loc?.column ?? 0) + 1,
      reason: message.replace(/ \(\d+:\d+\)$/, "").replace(/\.$/, ""),
    };
  }
}

import { QvimError } from "../../io/errors.ts";
import { parse, type ParserOptions } from "@babel/parser";
import { CELL_PARSER, syntaxFault } from "../../notebook/syntax.ts";
import { type File, type Node, type StringLiteral, traverseFast } from "@babel/types";
import type { Notebook } from "../../notebook/ipynb.ts";
import { isTodoCell, TODO_LINES } from "../template.ts";

/** What the parser takes for the end of a line. */
const LINE_END = /\r\n|[\r\n\u2028\u2029]/;

/** Nobody writes longer modules, and nobody reads them. */
const MOST_OF_MODULE = 2 ** 22;

const PARSER: ParserOptions = {
  ...CELL_PARSER,
  // Cells may declare a name again, and what one of them declares others use.
  errorRecovery: true,
};

/** Where in a notebook, or in a module that it imports, a line of a program stands. */
export interface Place {
  /** From 1. */
  cell: number;
  /** From 1. */
  line: number;
  file?: string;
  /** Whether it is the participant's: in a TODO cell, or in a module of theirs. */
  isOwn: boolean;
  /** Whether it is in the cell that sets the project up. */
  isSetup: boolean;
  /** Whether it is in the cell that chooses the paths. */
  choosesPaths: boolean;
}

/** A program with the places of its lines. */
export interface Program {
  ast: File;
  source: string;
  /** Whether it says what things of other modules, or of all, are: `declare global { … }`. */
  declaresForOthers: boolean;
  /** What statements and types name where they import files. */
  fileImports: StringLiteral[];
  /** @param line From 1. */
  placeOf(line: number): Place;
}

/**
 * The code cells of a notebook as one program, as the kernel sees them one after another.
 *
 * @throws {ProgramError} Where one of them is no TypeScript.
 */
export function joinCells(notebook: Notebook): Program {
  const places: Place[] = [];
  const lines: string[] = [];
  notebook.cells.forEach((cell, index) => {
    if (cell.cell_type !== "code") return;
    const isOwn = isTodoCell(cell);
    // A cell that does not parse by itself does not run, whatever it is beside its neighbours.
    const fault = syntaxFault(cell.source);
    if (fault !== undefined) {
      const place = {
        cell: index + 1,
        line: fault.line,
        isOwn,
        isSetup: false,
        choosesPaths: false,
      };
      throw new ProgramError(fault.reason, place);
    }
    cell.source.split(LINE_END).forEach((text, line) => {
      lines.push(text);
      places.push({
        cell: index + 1,
        line: line + 1,
        isOwn,
        isSetup: cell.source.startsWith(TODO_LINES.setup),
        choosesPaths: cell.source.startsWith(TODO_LINES.paths),
      });
    });
  });
  const placeOf = (line: number) => places[Math.min(line, places.length) - 1];
  return { ...parseProgram(lines.join("\n"), placeOf), placeOf };
}

/**
 * A module, for a cell that imports it.
 *
 * @throws {ProgramError} Where it is no TypeScript.
 */
export function readModule(path: string): Program {
  const placeOf = (line: number): Place => ({
    cell: 0,
    line,
    file: path,
    isOwn: true,
    isSetup: false,
    choosesPaths: false,
  });
  const { isFile, size } = Deno.statSync(path);
  // What is no file could be read for ever.
  if (!isFile || size > MOST_OF_MODULE) {
    const found = isFile ? `${size} bytes` : "no file";
    throw new ProgramError(
      `expected at most ${MOST_OF_MODULE} bytes but found ${found}`,
      placeOf(1),
    );
  }
  return { ...parseProgram(Deno.readTextFileSync(path), placeOf), placeOf };
}

/** Thrown where code is no TypeScript. */
export class ProgramError extends QvimError {
  readonly place: Place;

  constructor(message: string, place: Place) {
    super(message);
    this.place = place;
  }
}

/** Parameters that are fields as well: `constructor(private root: string)`. */
export const PARAMETER_PROPERTIES = new WeakSet<Node>();

function parseProgram(source: string, placeOf: (line: number) => Place) {
  try {
    const ast = parse(source, PARSER) as File;
    const fileImports: StringLiteral[] = [];
    let declaresForOthers = false;
    traverseFast(ast, (node) => {
      if (node.type === "TSModuleDeclaration") {
        declaresForOthers ||= node.kind === "global" || node.id.type === "StringLiteral";
      } else if (node.type === "ImportDeclaration" || node.type === "TSImportType") {
        if (/^([./]|file:)/.test(node.source.value)) fileImports.push(node.source);
      }
    });
    traverseFast(ast, leaveOutTypes);
    traverseFast(ast, bareTargets);
    return { ast, source, declaresForOthers, fileImports };
  } catch (error) {
    const { message, loc } = error as SyntaxError & { loc?: { line: number } };
    throw new ProgramError(message.replace(/ \(\d+:\d+\)$/, ""), placeOf(loc?.line ?? 1));
  }
}

/** Leaves out what is there for the type checker alone: names of it are none when the code is run. */
function leaveOutTypes(node: Node): void {
  switch (node.type) {
    case "Program":
    case "BlockStatement":
    case "StaticBlock":
    case "TSModuleBlock":
      node.body = node.body.filter((statement) => !isForTypes(statement)) as typeof node.body;
      return;
    case "SwitchCase":
      node.consequent = node.consequent.filter((statement) => !isForTypes(statement));
      return;
    case "ImportDeclaration":
      node.specifiers = node.specifiers.filter((specifier) =>
        specifier.type !== "ImportSpecifier" || specifier.importKind !== "type"
      );
      return;
    case "FunctionDeclaration":
    case "FunctionExpression":
    case "ObjectMethod":
    case "ClassPrivateMethod":
      node.params = withoutThis(node.params);
      return;
    case "ClassMethod":
      // Scopes know nothing of parameters that are fields.
      node.params = withoutThis(node.params).map((parameter) => {
        if (parameter.type !== "TSParameterProperty") return parameter;
        PARAMETER_PROPERTIES.add(parameter.parameter);
        return parameter.parameter;
      });
  }
}

/** Scopes don't see that `(a as any) = 1` changes `a`: leaves out the types around what is assigned to. */
function bareTargets(node: Node): void {
  switch (node.type) {
    case "AssignmentExpression":
    case "AssignmentPattern":
    case "ForOfStatement":
    case "ForInStatement":
      node.left = bare(node.left);
      return;
    case "UpdateExpression":
    case "RestElement":
      node.argument = bare(node.argument);
      return;
    case "ArrayPattern":
      node.elements = node.elements.map((element) => element && bare(element));
      return;
    case "ObjectPattern":
      for (const property of node.properties) {
        if (property.type === "ObjectProperty") property.value = bare(property.value);
      }
  }
}

function bare<T extends Node>(target: T): T {
  const isWrapped = target.type === "TSAsExpression" || target.type === "TSNonNullExpression" ||
    target.type === "TSSatisfiesExpression" || target.type === "TSTypeAssertion" ||
    target.type === "ParenthesizedExpression";
  return isWrapped ? bare(target.expression as Node) as T : target;
}

/** `function f(this: Model, path: string)` has one parameter. */
function withoutThis<T extends Node>(params: T[]): T[] {
  const [first] = params;
  return first?.type === "Identifier" && first.name === "this" ? params.slice(1) : params;
}

function isForTypes(statement: Node): boolean {
  if (/^TS(DeclareFunction|InterfaceDeclaration|TypeAliasDeclaration)$/.test(statement.type)) {
    return true;
  }
  if (statement.type === "ImportDeclaration") return statement.importKind === "type";
  if (statement.type === "ExportNamedDeclaration" && statement.declaration) {
    return statement.exportKind === "type" || isForTypes(statement.declaration);
  }
  return "declare" in statement && statement.declare === true;
}

import { parseArgs } from "node:util";
import { QvimError } from "../lib/io/errors.ts";

/** What an option takes, and what it means: usage, help and parser come from it. */
export type Option =
  & {
    /** What it does, in a line or two; lines after the first are indented in the help. */
    help: string;
  }
  & (
    | { kind: "flag" }
    | { kind: "text"; value: string; required?: true; default?: string; many?: true }
    | { kind: "choice"; choices: readonly string[]; required?: true; default?: string }
    /** A whole number above 0. */
    | { kind: "count"; value: string; default?: number }
    /** A port to listen on; 0 for any that is free. */
    | { kind: "port"; value: string; default?: number }
    /** A number of seconds above 0. */
    | { kind: "seconds"; value: string; default?: number }
    /** Any number. */
    | { kind: "number"; value: string; default?: number }
  );

/** The values of options, by what each of them takes. */
export type Values<O extends Record<string, Option>> = {
  [K in keyof O]: O[K] extends { kind: "flag" } ? boolean
    : O[K] extends { many: true } ? string[]
    : O[K] extends { kind: "choice"; choices: readonly (infer C)[] }
      ? O[K] extends { required: true } | { default: string } ? C : C | undefined
    : O[K] extends { kind: "text" }
      ? O[K] extends { required: true } | { default: string } ? string : string | undefined
    : O[K] extends { default: number } ? number
    : number | undefined;
};

/** The arguments that are no options. */
export interface Positionals {
  /** How the usage names them, as `NOTEBOOK|FOLDER…`. */
  usage: string;
  least: number;
  most: number;
  /** What an error says was expected, as `one or more notebooks`. */
  expected: string;
}

/** What commands that take notebooks of others are given. */
export const NOTEBOOKS: Positionals = {
  usage: "NOTEBOOK|FOLDER…",
  least: 1,
  most: Infinity,
  expected: "one or more notebooks",
};

/** A command as it is described. */
export interface CommandSpec<O extends Record<string, Option>> {
  name: string;
  /** What it does, in one line. */
  summary: string;
  /** What else the help says, below the options. */
  details?: string;
  positionals?: Positionals;
  options: O;
  /** @returns The exit status. */
  run(values: Values<O>, positionals: string[]): Promise<number> | number;
}

/** A command of the command line. */
export interface Command {
  name: string;
  summary: string;
  /** Its name and arguments. */
  usage: string;
  /** What it does and what its options mean. */
  help: string;
  /**
   * @returns The exit status.
   * @throws {UsageError} Where it is called wrongly.
   */
  run(args: string[]): Promise<number>;
}

/** Thrown where a command is called wrongly. */
export class UsageError extends QvimError {}

/** Makes a command of its description. */
export function defineCommand<const O extends Record<string, Option>>(
  spec: CommandSpec<O>,
): Command {
  return {
    name: spec.name,
    summary: spec.summary,
    usage: usageOf(spec),
    help: helpOf(spec),
    run: async (args) => {
      const { values, positionals } = parse(spec, args);
      return await spec.run(values, positionals);
    },
  };
}

/** More options than this are not listed one by one in the usage. */
const MOST_IN_USAGE = 5;

/** What an option looks like where it is used, as `--data DIR`. */
function formOf(name: string, option: Option): string {
  if (option.kind === "flag") return `--${name}`;
  if (option.kind === "choice") return `--${name} ${option.choices.join("|")}`;
  return `--${name} ${option.value}`;
}

function isRequired(option: Option): boolean {
  return "required" in option && option.required === true;
}

function usageOf({ name, positionals, options }: CommandSpec<Record<string, Option>>): string {
  const entries = Object.entries(options);
  const required = entries.filter(([, option]) => isRequired(option));
  const free = entries.filter(([, option]) => !isRequired(option));
  return [
    name,
    ...(positionals === undefined ? [] : [positionals.usage]),
    ...required.map(([name, option]) => formOf(name, option)),
    ...(free.length > MOST_IN_USAGE
      ? ["[options]"]
      : free.map(([name, option]) => `[${formOf(name, option)}]`)),
  ].join(" ");
}

function helpOf({ summary, details, options }: CommandSpec<Record<string, Option>>): string {
  const forms = Object.entries(options).map(([name, option]) => ({
    form: formOf(name, option),
    help: option.help + ("default" in option ? ` (${option.default} unless given)` : ""),
  }));
  const width = Math.max(0, ...forms.map(({ form }) => form.length));
  const lines = forms.map(({ form, help }) =>
    `  ${form.padEnd(width)}  ${help.replaceAll("\n", `\n${" ".repeat(width + 4)}`)}`
  );
  return [summary, lines.join("\n"), details ?? ""].filter((part) => part !== "").join("\n\n");
}

function parse<O extends Record<string, Option>>(spec: CommandSpec<O>, args: string[]) {
  let parsed;
  try {
    parsed = parseArgs({
      args,
      allowPositionals: true,
      strict: true,
      options: Object.fromEntries(
        Object.entries(spec.options).map(([name, option]) => [name, {
          type: option.kind === "flag" ? "boolean" as const : "string" as const,
          multiple: "many" in option && option.many === true,
        }]),
      ),
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  const values = Object.entries(spec.options).map(([name, option]) => [
    name,
    valueOf(name, option, parsed.values[name] as string | string[] | boolean | undefined),
  ]);
  checkPositionals(spec.positionals, parsed.positionals);
  return { values: Object.fromEntries(values) as Values<O>, positionals: parsed.positionals };
}

function valueOf(name: string, option: Option, given: string | string[] | boolean | undefined) {
  if (option.kind === "flag") return given === true;
  if (given === undefined) {
    if (!isRequired(option)) {
      return "many" in option && option.many
        ? []
        : "default" in option
        ? option.default
        : undefined;
    }
    if (option.kind !== "choice") throw new UsageError(`Expected ${formOf(name, option)}`);
  }
  if (option.kind === "text") {
    if ([given].flat().includes("")) {
      throw new UsageError(`Expected ${formOf(name, option)} but found an empty ${option.value}`);
    }
    return given;
  }
  if (option.kind === "choice") {
    if (option.choices.includes(given as string)) return given;
    throw new UsageError(`Expected --${name} ${orList(option.choices)} but found ${given}`);
  }
  const text = given as string, number = text.trim() === "" ? NaN : Number(text);
  const [isFine, expected] = {
    port: [
      Number.isInteger(number) && number >= 0 && number < 65536,
      "a port from 0 to 65535",
    ] as const,
    count: [Number.isSafeInteger(number) && number > 0, "a whole number above 0"] as const,
    seconds: [number > 0 && number < Infinity, "a number of seconds above 0"] as const,
    number: [Number.isFinite(number), "a number"] as const,
  }[option.kind];
  if (!isFine) throw new UsageError(`Expected --${name} to be ${expected} but found ${text}`);
  return number;
}

function checkPositionals(spec: Positionals | undefined, found: string[]): void {
  if (spec === undefined) {
    if (found.length > 0) throw new UsageError(`Expected no argument ${found[0]}`);
  } else if (found.length < spec.least || found.length > spec.most) {
    throw new UsageError(`Expected ${spec.expected} but found ${found.length}`);
  }
}

/** As `a, b or c`. */
export function orList(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}

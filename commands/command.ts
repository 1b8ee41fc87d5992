import { parseArgs } from "node:util";
import { QvimError } from "../lib/io/errors.ts";
import { formOf, helpOf, isRequired, usageOf } from "./help.ts";

/** What an option takes, and what it means: usage, help and parser come from it. */
export type Option =
  & {
    /** What it does, in a sentence without its end. */
    help: string;
  }
  & (
    | { kind: "flag" }
    | { kind: "text"; value: string; required?: true; default?: string; many?: true }
    | { kind: "choice"; choices: readonly string[]; required?: true; default?: string }
    /** A whole number above 0, or from the least on that is of use. */
    | { kind: "count"; value: string; least?: number; default?: number }
    /** A port to listen on; 0 for any that is free. */
    | { kind: "port"; value: string; default?: number }
    /** A number of seconds above 0. */
    | { kind: "seconds"; value: string; default?: number }
    /** Any number. */
    | { kind: "number"; value: string; default?: number }
    /** `I/N`: the I-th of N parts, both from 1. */
    | { kind: "shard"; value: string }
  );

/** The I-th of N parts, as `--shard I/N` gives it. */
export interface Shard {
  /** From 1. */
  index: number;
  count: number;
}

/** The values of options, by what each of them takes. */
export type Values<O extends Record<string, Option>> = {
  [K in keyof O]: O[K] extends { kind: "flag" } ? boolean
    : O[K] extends { many: true } ? string[]
    : O[K] extends { kind: "choice"; choices: readonly (infer C)[] }
      ? O[K] extends { required: true } | { default: string } ? C : C | undefined
    : O[K] extends { kind: "text" }
      ? O[K] extends { required: true } | { default: string } ? string : string | undefined
    : O[K] extends { kind: "shard" } ? Shard | undefined
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
  /** What else the help says, below the options: paragraphs; a line that is indented stays one. */
  details?: string;
  positionals?: Positionals;
  options: O;
  /** The exit status where it could not do its work; 1 unless that means something else of it. */
  failureStatus?: number;
  /**
   * @param given The names of the options that were on the command line.
   * @returns The exit status.
   */
  run(values: Values<O>, positionals: string[], given: string[]): Promise<number> | number;
}

/** A command of the command line. */
export interface Command {
  name: string;
  summary: string;
  /** Its name and arguments. */
  usage: string;
  /** What it does and what its options mean. */
  help: string;
  /** The exit status where it could not do its work. */
  failureStatus: number;
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
    failureStatus: spec.failureStatus ?? 1,
    run: async (args) => {
      const { values, positionals, given } = parse(spec, args);
      return await spec.run(values, positionals, given);
    },
  };
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
    throw new UsageError(explain(error as Error, spec.options));
  }
  const values = Object.entries(spec.options).map(([name, option]) => [
    name,
    valueOf(name, option, parsed.values[name] as string | string[] | boolean | undefined),
  ]);
  checkPositionals(spec.positionals, parsed.positionals);
  return {
    values: Object.fromEntries(values) as Values<O>,
    positionals: parsed.positionals,
    given: Object.keys(parsed.values),
  };
}

/** What the parser of the platform says, in the words of all other errors. */
function explain({ message }: Error, options: Record<string, Option>): string {
  const name = message.match(/'(?:-\w, )?--([^'= ]+)[^']*'/)?.[1];
  const option = name === undefined ? undefined : options[name];
  if (/^Unknown option/.test(message)) {
    const known = Object.keys(options).map((name) => `--${name}`);
    const found = message.match(/'(.+?)'/)?.[1];
    return known.length === 0
      ? `Expected no option but found ${found}`
      : `Expected an option, ${orList(known)}, but found ${found}`;
  }
  if (option === undefined) return message;
  return option.kind === "flag"
    ? `Expected --${name} without a value but found one`
    : `Expected ${
      formOf(name!, option)
    } but found no value; one that begins with a dash is given as ` +
      `--${name}=VALUE`;
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
  if (option.kind === "shard") return shardOf(name, given as string);
  const text = given as string, number = text.trim() === "" ? NaN : Number(text);
  const least = option.kind === "count" ? option.least ?? 1 : 1;
  const [isFine, expected] = {
    port: [
      Number.isInteger(number) && number >= 0 && number < 65536,
      "a port from 0 to 65535",
    ] as const,
    count: [Number.isSafeInteger(number) && number >= least, wholeNumberFrom(least)] as const,
    seconds: [number > 0 && number < Infinity, "a number of seconds above 0"] as const,
    number: [Number.isFinite(number), "a number"] as const,
  }[option.kind];
  if (!isFine) throw new UsageError(`Expected --${name} to be ${expected} but found ${text}`);
  return number;
}

const wholeNumberFrom = (least: number) =>
  `a whole number ${least === 1 ? "above 0" : `of ${least} or more`}`;

function shardOf(name: string, text: string): Shard {
  const [, index, count] = text.match(/^(\d+)\/(\d+)$/)?.map(Number) ?? [];
  if (index >= 1 && index <= count) return { index, count };
  throw new UsageError(`Expected --${name} I/N with I from 1 to N but found ${text}`);
}

function checkPositionals(spec: Positionals | undefined, found: string[]): void {
  if (spec === undefined) {
    if (found.length > 0) throw new UsageError(`Expected no argument ${found[0]}`);
  } else if (found.length < spec.least || found.length > spec.most) {
    throw new UsageError(`Expected ${spec.expected} but found ${found.length}`);
  } else if (found.includes("")) {
    // A variable of the shell that is not set: the folder that one is in would be taken for it.
    throw new UsageError(`Expected ${spec.expected} but found an empty name`);
  }
}

/** As `a, b or c`. */
export function orList(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}

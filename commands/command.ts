import { QvimError } from "../lib/io/errors.ts";
import { parseArgs, type ParseArgsConfig } from "node:util";

/** A command of the command line. */
export interface Command {
  name: string;
  /** Its name and arguments. */
  usage: string;
  /** What it does and what its options mean. */
  help: string;
  /** @returns The exit status. */
  run(args: string[]): Promise<number>;
}

/** Thrown where a command is called wrongly. */
export class UsageError extends QvimError {
  override name = "UsageError";
}

/**
 * Parses arguments; as `parseArgs` of `node:util`, but with positional arguments allowed.
 *
 * @throws {UsageError} Where an option is unknown or lacks its value.
 */
export function parseArguments<T extends NonNullable<ParseArgsConfig["options"]>>(
  args: string[],
  options: T,
) {
  try {
    return parseArgs({ args, options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** A number of seconds given as an option. */
export function parseSeconds(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = Number(text);
  if (text.trim() === "" || !(seconds > 0)) {
    throw new UsageError(`Expected ${name} to be a number of seconds above 0 but found ${text}`);
  }
  return seconds;
}

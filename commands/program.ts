import { describeFailure } from "../lib/io/errors.ts";
import { type Command, UsageError } from "./command.ts";

/** What shells report for a program that was called wrongly. */
export const USAGE_STATUS = 2;

/** Whether an argument asks for help. */
export function isHelp(argument: string | undefined): boolean {
  return argument === "--help" || argument === "-h";
}

/**
 * Runs a command as a program does: prints its help where that is asked for, and what went wrong.
 *
 * @returns The exit status.
 */
export async function runProgram(command: Command, args: string[]): Promise<number> {
  try {
    const options = args.includes("--") ? args.slice(0, args.indexOf("--")) : args;
    if (options.some(isHelp)) {
      console.log(`Usage: deno task ${command.usage}\n\n${command.help}`);
      return 0;
    }
    return await command.run(args);
  } catch (error) {
    if (error instanceof UsageError) {
      console.error(
        `${error.message}\nUsage: deno task ${command.usage}\n` +
          `deno task ${command.name} --help says more`,
      );
      return USAGE_STATUS;
    }
    console.error(describeFailure(error));
    return command.failureStatus;
  }
}

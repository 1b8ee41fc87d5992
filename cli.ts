/** The command line: `deno task NAME` runs one of these commands. */
import type { Command } from "./commands/command.ts";
import { enterFolderOfUser } from "./commands/folders.ts";
import { wrap } from "./commands/help.ts";
import { isHelp, runProgram, USAGE_STATUS } from "./commands/program.ts";

/** What there is, in the order in which it is listed; `commands/NAME.ts` has it. */
const COMMANDS = [
  ...["run", "jupyter", "evaluate", "compare", "benchmark", "data", "convert", "embed"],
  ...["verify", "rerun", "index", "search", "serve"],
];

/**
 * Loads one command, and not what the others need: that would be most of what a start takes. Deno
 * loads at the start whatever is imported by a literal, so this is none.
 */
async function load(name: string): Promise<Command> {
  const module: Record<string, Command> = await import(`./commands/${name}.ts`);
  return module[`${name}Command`];
}

async function listCommands(): Promise<string> {
  const commands = await Promise.all(COMMANDS.map(load));
  const width = Math.max(...COMMANDS.map((name) => name.length));
  const lines = commands.map(({ name, summary }) => wrap(summary, `  ${name.padEnd(width)}  `));
  return `Usage: deno task COMMAND …, with one of these:\n${lines.join("\n")}\n\n` +
    "deno task COMMAND --help says more of each; deno task alone lists what is there\n" +
    "for work on the package as well.";
}

async function main([name, ...args]: string[]): Promise<number> {
  if (isHelp(name) || name === "help") {
    console.log(await listCommands());
    return 0;
  }
  if (name === undefined || !COMMANDS.includes(name)) {
    console.error(`Expected a command but found ${name ?? "nothing"}\n${await listCommands()}`);
    return USAGE_STATUS;
  }
  return await runProgram(await load(name), args);
}

// Before any command is loaded: where it writes by itself is told from there.
enterFolderOfUser();
Deno.exit(await main(Deno.args));

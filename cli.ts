/** The command line: `deno task NAME` runs one of these commands. */
import { type Command, UsageError } from "./commands/command.ts";
import { benchmarkCommand } from "./commands/benchmark.ts";
import { compareCommand } from "./commands/compare.ts";
import { convertCommand } from "./commands/convert.ts";
import { dataCommand } from "./commands/data.ts";
import { embedCommand } from "./commands/embed.ts";
import { evaluateCommand } from "./commands/evaluate.ts";
import { indexCommand } from "./commands/index.ts";
import { jupyterCommand } from "./commands/jupyter.ts";
import { rerunCommand } from "./commands/rerun.ts";
import { runCommand } from "./commands/run.ts";
import { searchCommand } from "./commands/search.ts";
import { serveCommand } from "./commands/serve.ts";
import { verifyCommand } from "./commands/verify.ts";
import { describeFailure } from "./lib/io/errors.ts";

const COMMANDS: Command[] = [
  runCommand,
  evaluateCommand,
  compareCommand,
  benchmarkCommand,
  dataCommand,
  convertCommand,
  embedCommand,
  jupyterCommand,
  verifyCommand,
  rerunCommand,
  indexCommand,
  searchCommand,
  serveCommand,
];

/** What shells report for a program that was called wrongly. */
const USAGE_STATUS = 2;

function isHelp(argument: string | undefined): boolean {
  return argument === "--help" || argument === "-h";
}

function listCommands(): string {
  const width = Math.max(...COMMANDS.map(({ name }) => name.length));
  const lines = COMMANDS.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
  return `Usage: deno task COMMAND …, with one of these:\n${lines.join("\n")}\n\n` +
    "deno task COMMAND --help says more of each.";
}

async function main([name, ...args]: string[]): Promise<number> {
  if (isHelp(name) || name === "help") {
    console.log(listCommands());
    return 0;
  }
  const command = COMMANDS.find((command) => command.name === name);
  if (command === undefined) {
    console.error(`Expected a command but found ${name ?? "nothing"}\n${listCommands()}`);
    return USAGE_STATUS;
  }
  if (args.some(isHelp)) {
    console.log(`Usage: deno task ${command.usage}\n\n${command.help}`);
    return 0;
  }
  try {
    return await command.run(args);
  } catch (error) {
    if (error instanceof UsageError) {
      console.error(`${error.message}\nUsage: deno task ${command.usage}`);
      return USAGE_STATUS;
    }
    console.error(describeFailure(error));
    return 1;
  }
}

Deno.exit(await main(Deno.args));

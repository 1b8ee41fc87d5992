/** The command line: `deno task NAME` runs one of these commands. */
import type { Command } from "./commands/command.ts";
import { wrap } from "./commands/help.ts";
import { isHelp, runProgram, USAGE_STATUS } from "./commands/program.ts";
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

const COMMANDS: Command[] = [
  runCommand,
  jupyterCommand,
  evaluateCommand,
  compareCommand,
  benchmarkCommand,
  dataCommand,
  convertCommand,
  embedCommand,
  verifyCommand,
  rerunCommand,
  indexCommand,
  searchCommand,
  serveCommand,
];

function listCommands(): string {
  const width = Math.max(...COMMANDS.map(({ name }) => name.length));
  const lines = COMMANDS.map(({ name, summary }) => wrap(summary, `  ${name.padEnd(width)}  `));
  return `Usage: deno task COMMAND …, with one of these:\n${lines.join("\n")}\n\n` +
    "deno task COMMAND --help says more of each; deno task alone lists what is there\n" +
    "for work on the package as well.";
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
  return await runProgram(command, args);
}

Deno.exit(await main(Deno.args));

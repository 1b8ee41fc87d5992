/** The command line: `deno task NAME` runs one of these commands. */
import { type Command, UsageError } from "./commands/command.ts";
import { compareCommand } from "./commands/compare.ts";
import { convertCommand } from "./commands/convert.ts";
import { dataCommand } from "./commands/data.ts";
import { embedCommand } from "./commands/embed.ts";
import { evaluateCommand } from "./commands/evaluate.ts";
import { jupyterCommand } from "./commands/jupyter.ts";
import { rerunCommand } from "./commands/rerun.ts";
import { runCommand } from "./commands/run.ts";
import { verifyCommand } from "./commands/verify.ts";
import { QvimError } from "./lib/io/errors.ts";

const COMMANDS: Command[] = [
  runCommand,
  evaluateCommand,
  compareCommand,
  dataCommand,
  convertCommand,
  embedCommand,
  jupyterCommand,
  verifyCommand,
  rerunCommand,
];

async function main([name, ...args]: string[]): Promise<number> {
  const command = COMMANDS.find((command) => command.name === name);
  if (command === undefined) {
    const usages = COMMANDS.map(({ usage }) => `  deno task ${usage}`).join("\n");
    console.error(`Expected a command but found ${name ?? "nothing"}. The commands:\n${usages}`);
    return 2;
  }
  if (args.includes("--help") || args.includes("-h")) {
    console.log(`deno task ${command.usage}\n\n${command.help}`);
    return 0;
  }
  try {
    return await command.run(args);
  } catch (error) {
    if (error instanceof UsageError) {
      console.error(`${error.message}\nUsage: deno task ${command.usage}`);
      return 2;
    }
    // Errors of ours say what a user needs; a stack only helps with those that nobody foresaw.
    console.error(error instanceof QvimError ? `${error.name}: ${error.message}` : error);
    return 1;
  }
}

Deno.exit(await main(Deno.args));

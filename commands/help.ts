/** What a person is told of a command: all of it comes from its description. */
import type { CommandSpec, Option } from "./command.ts";

/** More options than this are not listed one by one in the usage. */
const MOST_IN_USAGE = 5;
/** Columns of the narrowest terminals that people use. */
const WIDTH = 80;

/** What an option looks like where it is used, as `--data DIR`. */
export function formOf(name: string, option: Option): string {
  if (option.kind === "flag") return `--${name}`;
  if (option.kind === "choice") return `--${name} ${option.choices.join("|")}`;
  return `--${name} ${option.value}`;
}

/** Whether a command can't be called without it. */
export function isRequired(option: Option): boolean {
  return "required" in option && option.required === true;
}

/** Its name and arguments, in one line. */
export function usageOf(
  { name, positionals, options }: CommandSpec<Record<string, Option>>,
): string {
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

/** What stands behind the help of an option: what it is where it is not given. */
function noteOf(option: Option): string {
  if (isRequired(option)) return " (needed)";
  if ("default" in option) return ` (${option.default} unless given)`;
  return "many" in option && option.many === true ? " (may be given again)" : "";
}

/** What a command does and what its options mean. */
export function helpOf({ summary, details, options }: CommandSpec<Record<string, Option>>): string {
  const forms = Object.entries(options).map(([name, option]) => ({
    form: formOf(name, option),
    help: option.help + noteOf(option),
  }));
  const width = Math.max(0, ...forms.map(({ form }) => form.length));
  const lines = forms.map(({ form, help }) => wrap(help, `  ${form.padEnd(width)}  `));
  const more = details?.split("\n").map((line) =>
    wrap(line.trimStart(), line.slice(0, line.length - line.trimStart().length))
  );
  return [wrap(summary), lines.join("\n"), more?.join("\n") ?? ""]
    .filter((part) => part !== "").join("\n\n");
}

/** A text in lines of at most {@linkcode WIDTH} columns, all but the first indented as that is. */
export function wrap(text: string, before = ""): string {
  const lines = [before];
  const indent = " ".repeat(before.length);
  for (const word of text.split(" ")) {
    const line = lines.at(-1)!, isEmpty = line === before || line === indent;
    if (isEmpty) lines[lines.length - 1] += word;
    else if (line.length + 1 + word.length <= WIDTH) lines[lines.length - 1] += ` ${word}`;
    else lines.push(indent + word);
  }
  return lines.join("\n");
}

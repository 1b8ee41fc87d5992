/** Control characters, and what turns the direction of text: terminals and pages would obey them. */
const CONTROLS =
  // deno-lint-ignore no-control-regex -- they are what is looked for
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\u{e0000}-\u{e007f}]+/gu;

/** What is told of a stranger's text: errors quote what they found, whatever its length. */
const MOST_TOLD = 10_000;

/** A stranger's text, its middle left out where it is longer than anybody reads. */
export function shortened(text: string, most = MOST_TOLD): string {
  if (text.length <= most) return text;
  return `${text.slice(0, most / 2)} … ${text.slice(-most / 2)}`;
}

/** A stranger's text of several lines, without what a terminal would obey; lines stay indented. */
export function plainLines(text: string): string {
  return text.split("\n").map((line) => line.match(/^ */)![0] + plain(line)).join("\n");
}

/** A stranger's text in one line, without what a terminal would obey. */
export function plain(text: string): string {
  return text.replace(CONTROLS, " ").trim();
}

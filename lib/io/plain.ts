/** Control characters, and what turns the direction of text: terminals and pages would obey them. */
// deno-lint-ignore no-control-regex -- they are what is looked for
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+/g;

/** What is told of a stranger's text: errors quote what they found, whatever its length. */
const MOST_TOLD = 10_000;

/** A stranger's text, its middle left out where it is longer than anybody reads. */
export function shortened(text: string): string {
  if (text.length <= MOST_TOLD) return text;
  return `${text.slice(0, MOST_TOLD / 2)} … ${text.slice(-MOST_TOLD / 2)}`;
}

/** A stranger's text in one line, without what a terminal would obey. */
export function plain(text: string): string {
  return text.replace(CONTROLS, " ").trim();
}

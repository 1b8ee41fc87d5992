/** Control characters, and what turns the direction of text: terminals and pages would obey them. */
// deno-lint-ignore no-control-regex -- they are what is looked for
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+/g;

/** A stranger's text in one line, without what a terminal would obey. */
export function plain(text: string): string {
  return text.replace(CONTROLS, " ").trim();
}

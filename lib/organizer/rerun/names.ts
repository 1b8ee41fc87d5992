import { basename } from "node:path";
import { plain } from "../../io/plain.ts";

/** In capitals too, as some systems write it; what is nothing else is the name. */
const ENDING = /(?<=.)\.ipynb$/i;
/** Bytes of a name, so that files can be called after it. */
const MOST_NAME = 180;

/** What a notebook's entry, and the files that are kept of it, are called. */
function nameOf(path: string): string {
  const name = basename(path).replace(ENDING, "");
  const isShort = (text: string) => new TextEncoder().encode(text).length <= MOST_NAME;
  if (isShort(name)) return name;
  const characters = [...name];
  while (!isShort(characters.join(""))) characters.pop();
  return `${characters.join("")}…`;
}

/** Names of entries by path, none of which looks like another: two folders may hold one name. */
export function namesOf(paths: Iterable<string>): Map<string, string> {
  const names = new Map<string, string>();
  const taken = new Set<string>();
  for (const path of paths) {
    const name = nameOf(path);
    let unique = name;
    for (let k = 2; taken.has(plain(unique)); k++) unique = `${name} (${k})`;
    taken.add(plain(unique));
    names.set(path, unique);
  }
  return names;
}

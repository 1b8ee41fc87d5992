import { basename, dirname, resolve, sep } from "node:path";
import { plain } from "../../io/plain.ts";

/** In capitals too, as some systems write it; what is nothing else is the name. */
const ENDING = /(?<=.)\.ipynb$/i;
/** Bytes of a name, so that files can be called after it. */
const MOST_NAME = 180;

/** A name of so many bytes at most. */
function shortName(name: string, most = MOST_NAME): string {
  const isShort = (text: string) => new TextEncoder().encode(text).length <= most;
  if (isShort(name)) return name;
  const characters = [...name];
  while (!isShort(characters.join(""))) characters.pop();
  return `${characters.join("")}…`;
}

/**
 * The folder of each path, or the one so many further out of each, that tells most of them apart: teams
 * may all have handed in a folder of one name.
 */
function tellingFolders(paths: string[]): [path: string, folder: string][] {
  const folders = paths.map((path) => dirname(resolve(path)).split(sep).reverse());
  const apart = Array.from(
    { length: Math.max(...folders.map(({ length }) => length)) },
    (_, level) => new Set(folders.map((names) => names[level])).size,
  );
  const level = apart.indexOf(Math.max(...apart));
  return paths.map((path, i) => [path, folders[i][level] ?? ""]);
}

/**
 * What the entries of notebooks, and the files that are kept of them, are called, by path. No two look
 * alike: what several files are called is followed by their folders, as of a folder for each team.
 */
export function namesOf(paths: Iterable<string>): Map<string, string> {
  const files = Array.from(paths, (path) => ({ path, file: basename(path).replace(ENDING, "") }));
  const alike = Map.groupBy(files, ({ file }) => plain(shortName(file)));
  const folders = new Map(
    [...alike.values()].flatMap((them) => tellingFolders(them.map(({ path }) => path))),
  );
  const names = new Map<string, string>();
  const taken = new Set<string>();
  for (const { path, file } of files) {
    const folder = shortName(folders.get(path)!, MOST_NAME / 2);
    const name = alike.get(plain(shortName(file)))!.length === 1
      ? shortName(file)
      : `${shortName(file, MOST_NAME / 2)} (${folder})`;
    let unique = name;
    for (let k = 2; taken.has(plain(unique)); k++) unique = `${name} (${k})`;
    taken.add(plain(unique));
    names.set(path, unique);
  }
  return names;
}

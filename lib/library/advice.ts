/** What a person is told of a library in which not all, or nothing, is found. */
import { counted } from "../io/counted.ts";
import { DEFAULT_LIBRARY } from "./place.ts";

/** How the sounds of a folder are taken into a library. */
function indexCommand(library: string): string {
  return `deno task index FOLDER${library === DEFAULT_LIBRARY ? "" : ` --library ${library}`}`;
}

/**
 * What to do about a library: nothing where all its sounds are found.
 *
 * @param sounds How many are found.
 * @param outdated How many are not, since an older model heard them.
 */
export function adviceFor(library: string, sounds: number, outdated: number): string | undefined {
  const command = indexCommand(library);
  if (outdated > 0) {
    const [are, them] = outdated === 1 ? ["is", "it"] : ["are", "them"];
    return `${counted(outdated, "sound")} ${are} not looked through, since an older model heard ` +
      `${them}. Have ${them} heard again with: ${command}`;
  }
  return sounds === 0 ? `The library is empty. Take sounds in with: ${command}` : undefined;
}

/** Why nothing can be found in a library. */
export function nothingIn(library: string, outdated: number): string {
  const found = outdated > 0 ? "only such as an older model heard" : "none";
  const does = outdated > 0 ? "hears them again" : "takes some in";
  return `Expected sounds in the library but found ${found}: ${indexCommand(library)} ${does}`;
}

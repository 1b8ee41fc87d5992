/** The library that the page is of. */
import { ask } from "./api.js";
import { $, counted } from "./state.js";

/** Bytes of the largest recording that the server takes, as far as it has said. */
export let maxUpload = Infinity;

/**
 * Shows how many sounds there are by now.
 *
 * @returns What a person should do about the library, if anything.
 */
export async function showLibrary() {
  const library = await ask("/api/library");
  ({ maxUpload } = library);
  $("library").textContent = counted(library.sounds, "sound");
  return library.advice;
}

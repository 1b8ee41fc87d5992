/**
 * Whether a folder lies at a path; not where nothing does.
 *
 * @throws What the system says where that can't be told.
 */
export function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

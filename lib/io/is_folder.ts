/**
 * Whether a folder lies at a path; not where nothing does, or a link leads nowhere.
 *
 * @throws What the system says where that can't be told.
 */
export function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch (error) {
    // A link that leads back to itself is a way to nowhere as well.
    const { NotFound, FilesystemLoop } = Deno.errors;
    if (error instanceof NotFound || error instanceof FilesystemLoop) return false;
    throw error;
  }
}

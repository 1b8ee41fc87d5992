/** A file that a process holds as long as it lives, however it ends, on whatever machine. */
export interface HeldFile {
  /** Whether somebody who held it ended without letting it go: what that was at may be half done. */
  wasLeft: boolean;
  /** Removes it, and lets it go. */
  release(): void;
}

/**
 * Holds a file, which is made where it is not there. The system lets it go when this process ends:
 * numbers of processes are used again, and mean something else in another container.
 *
 * Where a file system knows no locks, it is held by everybody.
 *
 * @param text What it is to say, for people.
 * @returns `undefined` where another holds it.
 */
export function holdFile(path: string, text: string): HeldFile | undefined {
  while (true) {
    const file = Deno.openSync(path, { create: true, read: true, write: true });
    try {
      if (!file.tryLockSync(true)) {
        file.close();
        return undefined;
      }
    } catch {
      // It knows no locks.
    }
    // Who let it go may have removed it since it was opened.
    if (!isAt(file, path)) {
      file.close();
      continue;
    }
    // Whoever lets it go removes it; who has only opened it has written nothing yet.
    const wasLeft = file.statSync().size > 0;
    const bytes = new TextEncoder().encode(text);
    file.writeSync(bytes);
    file.truncateSync(bytes.length);
    const release = () => {
      try {
        Deno.removeSync(path);
      } catch {
        // Somebody has cleaned up already.
      }
      file.close();
    };
    return { wasLeft, release };
  }
}

function isAt(file: Deno.FsFile, path: string): boolean {
  try {
    const [held, there] = [file.statSync(), Deno.statSync(path)];
    return held.dev === there.dev && held.ino === there.ino;
  } catch {
    return false;
  }
}

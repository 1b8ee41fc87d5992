/** A file that a process holds as long as it lives, however it ends, on whatever machine. */
export interface HeldFile {
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
    file.truncateSync();
    file.writeSync(new TextEncoder().encode(text));
    const release = () => {
      try {
        Deno.removeSync(path);
      } catch {
        // Somebody has cleaned up already.
      }
      file.close();
    };
    return { release };
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

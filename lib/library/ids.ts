/** What sounds are called by outside. */
import { createHash } from "node:crypto";

/** Digits of an id that are enough to divide all there are into parts. */
const DIGITS = 12;

/**
 * The id of a sound, in hexadecimal digits: a hash, and so spread evenly.
 *
 * @param start Where in its file it starts, in seconds.
 */
export function idOf(path: string, start: number): string {
  return createHash("sha256").update(`${path}\0${start}`).digest("hex").slice(0, 24);
}

/** The first id behind such a part of all, below 1. */
export function idAt(part: number): string {
  return Math.floor(part * 16 ** DIGITS).toString(16).padStart(DIGITS, "0");
}

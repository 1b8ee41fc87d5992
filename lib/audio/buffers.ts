/**
 * Buffers that are used again. A fresh array of a megabyte costs more than what is done with it:
 * the system clears its pages one by one, and the collector has to find out that it is garbage.
 */

/** Makes an array of a length; what it holds is to be overwritten. */
export type Allocate = (length: number) => Float32Array<ArrayBuffer>;

/** A new array. */
export const fresh: Allocate = (length) => new Float32Array(length);

const free = new Map<number, ArrayBuffer[]>();
/** Buffers of one size that are kept. */
const MAX_KEPT = 8;
/** Larger ones are not kept: files of that size are few, and what they hold would never come back. */
const MAX_KEPT_LENGTH = 2 ** 23;
/** What all that are kept may take together, in numbers. */
const MAX_KEPT_NUMBERS = 2 ** 25;
let keptNumbers = 0;

/** An array of that length, holding whatever it held before. Give it back with {@linkcode giveBack}. */
export function borrow(length: number): Float32Array<ArrayBuffer> {
  if (length > MAX_KEPT_LENGTH) return fresh(length);
  const capacity = 2 ** Math.ceil(Math.log2(Math.max(64, length)));
  let buffer = free.get(capacity)?.pop();
  if (buffer === undefined) buffer = new ArrayBuffer(4 * capacity);
  else keptNumbers -= capacity;
  return new Float32Array(buffer, 0, length);
}

/** Gives a borrowed array back; it must not be used afterwards. */
export function giveBack(array: Float32Array<ArrayBuffer>): void {
  const capacity = array.buffer.byteLength / 4;
  if (capacity > MAX_KEPT_LENGTH) return;
  const kept = free.get(capacity) ?? [];
  if (kept.length >= MAX_KEPT || keptNumbers + capacity > MAX_KEPT_NUMBERS) return;
  kept.push(array.buffer);
  keptNumbers += capacity;
  free.set(capacity, kept);
}

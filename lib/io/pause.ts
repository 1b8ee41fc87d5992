/** Holds up the whole thread, its timers and messages too, for where nothing may be awaited. */
export function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

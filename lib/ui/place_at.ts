/** A place in a recording as people read it: minutes and seconds, as `2:07`. */
function clock(seconds: number): string {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** Where in its recording a sound begins, as ` at 2:07`; nothing where that is at the beginning. */
export function placeAt(start = 0): string {
  return start < 1 ? "" : ` at ${clock(start)}`;
}

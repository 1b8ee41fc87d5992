/** As `1 file` or `1,200 files`: how many there are of something, whose plural takes an s. */
export function counted(count: number, what: string): string {
  return `${count.toLocaleString("en-US")} ${what}${count === 1 ? "" : "s"}`;
}

/** As `1 file` or `1,200 files`: how many there are of something, whose plural takes an s. */
export function counted(count: number, what: string): string {
  return `${count.toLocaleString("en-US")} ${what}${count === 1 ? "" : "s"}`;
}

/** How many names are told of many. */
const TOLD = 5;

/** The first few of some names, and how many more there are. */
export function someOf(names: string[]): string {
  const more = names.length - TOLD;
  return names.slice(0, TOLD).join(", ") + (more > 0 ? ` and ${more} more` : "");
}

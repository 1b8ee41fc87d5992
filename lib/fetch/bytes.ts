const UNITS = ["B", "kB", "MB", "GB", "TB"];

/** An amount of bytes for people: `1.2 MB`. */
export function formatBytes(bytes: number): string {
  let value = bytes, unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`;
}

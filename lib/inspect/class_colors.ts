/** Colours that eyes tell apart best; more classes than these take hues in between. */
const COLORS = [
  ...["#3572b0", "#d2691e", "#2f8f4e", "#b0307a", "#8a6d00", "#6a51a3", "#0f8b8d", "#c0392b"],
];
/** So many degrees away from all that came before (the golden angle). */
const TURN = 137.508;
/** A luminance that is seen on white and on black alike (WCAG 2.2, contrast of 3 : 1 and more). */
const LUMINANCES = [0.16, 0.25];

/**
 * A colour for each class, to be seen on light and on dark ground.
 *
 * @param count How many.
 */
export function colorsFor(count: number): string[] {
  if (count <= COLORS.length) return COLORS.slice(0, count);
  return Array.from(
    { length: count },
    (_, i) => ofLuminance((i * TURN) % 360, LUMINANCES[i % LUMINANCES.length]),
  );
}

/** The lightness at which a hue has a luminance; both rise together. */
function ofLuminance(hue: number, wanted: number): string {
  let low = 0, high = 1;
  for (let i = 0; i < 12; i++) {
    const middle = (low + high) / 2;
    if (luminance(toRgb(hue, middle)) < wanted) low = middle;
    else high = middle;
  }
  return `#${
    toRgb(hue, high).map((x) => Math.round(255 * x).toString(16).padStart(2, "0")).join("")
  }`;
}

/** HSL with a saturation of 0.7 as red, green and blue in 0 … 1 (CSS Color 4, 7.1). */
function toRgb(hue: number, lightness: number): number[] {
  const a = 0.7 * Math.min(lightness, 1 - lightness);
  return [0, 8, 4].map((n) => {
    const k = (n + hue / 30) % 12;
    return lightness - a * Math.max(-1, Math.min(k - 3, 9 - k, 1));
  });
}

/** Relative luminance (WCAG 2.2). */
function luminance(rgb: number[]): number {
  const [r, g, b] = rgb.map((x) => x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** What stands in a picture that brings its own ground, and that ground. */
const INK = "#eceaf2", GROUND = "#16121f";

// deno-lint-ignore no-control-regex -- these are what is looked for
const CONTROLS = /[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g;

/**
 * An SVG picture as an image of its own. Front ends that do not trust a notebook take drawings out of
 * the page and leave their words behind; images they leave. It can't know the page's colours, so it has
 * a ground of its own.
 *
 * @param svg A picture with `aria-label`, `width` and `height`, drawn in `currentColor`.
 * @returns An `img` element.
 */
export function asImage(svg: string): string {
  const attribute = (name: string) => svg.match(new RegExp(`\\b${name}="([^"]*)"`))![1];
  const end = svg.indexOf(">") + 1;
  const drawn = svg.slice(0, end) + `<rect width="100%" height="100%" rx="5" fill="${GROUND}"/>` +
    svg.slice(end);
  // Names of files may hold what XML can't.
  const source = drawn.replaceAll("currentColor", INK).toWellFormed().replaceAll(
    CONTROLS,
    "\ufffd",
  );
  return `<img alt="${attribute("aria-label")}" width="${attribute("width")}" ` +
    `height="${attribute("height")}" src="data:image/svg+xml,${escapeData(source)}">`;
}

/** What means something in an address, or in an attribute, is written by its number. */
function escapeData(svg: string): string {
  return svg.replaceAll(/[%#"<>&]|[^\x20-\x7e]+/g, encodeURIComponent);
}

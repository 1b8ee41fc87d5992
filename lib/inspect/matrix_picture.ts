import stringWidth from "string-width";
import { escapeHtml } from "../ui/jupyter.ts";
import { encodePng } from "../ui/png.ts";
import { PALETTE, PALETTE_COLORS } from "./mel_picture.ts";

/** Numbers as a picture of colours, by class. */
export interface MatrixPicture {
  /** What it shows, for those who don't see it. */
  label: string;
  /** The class of each row, from above; those of a class stand together. */
  rows: string[];
  /** The class of each column, from the left. */
  columns: string[];
  /** What rows and columns are. */
  axes: { rows: string; columns: string };
  /** The colour of a cell, in 0 … 1 [shape=(rows, columns)]. */
  levels: ArrayLike<number>[];
  /** What stands in a cell, where there is room. */
  texts?: string[][];
  /** What the darkest and the brightest colour mean, and in between. */
  scale: { name: string; dark: string; bright: string };
}

/** Room around the cells: the axes' names, and the colours' scale. */
const LEFT = 34, BELOW = 44, ABOVE = 10, RIGHT = 78;
/** How wide a letter is at most, in points. */
const LETTER = 7;
/** A side of the picture at most and at least, and of a cell where there are few. */
const MOST = 520, LEAST = 160, CELL = 44;
/** Cells that a text fits in. */
const TEXT_CELL = 24;
/** A name needs so much, in points. */
const LINE = 12;
/** With more classes lines between them would hide what is there. */
const MOST_LINES = 40;

const sideOf = (count: number) => Math.max(LEAST, Math.min(MOST, CELL * count));

/** The matrix as an SVG picture that needs nothing else, with the classes along its axes. */
export function drawMatrix(picture: MatrixPicture): string {
  const { label, rows, columns, axes, levels, texts, scale } = picture;
  const w = sideOf(columns.length), h = sideOf(rows.length);
  const left = LEFT + LETTER * longest(rows);
  const below = BELOW + LETTER * longest(columns) * Math.SQRT1_2;
  const width = Math.ceil(left + w + RIGHT), height = Math.ceil(ABOVE + h + below);
  const pixels = new Uint8Array(rows.length * columns.length);
  rows.forEach((_, y) =>
    columns.forEach((_, x) => {
      pixels[y * columns.length + x] = colorOf(levels[y][x]);
    })
  );
  const png = encodePng(pixels, columns.length, rows.length, PALETTE).toBase64();
  const text = (x: number, y: number, content: string, more: string) =>
    `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${more}>${escapeHtml(content)}</text>`;
  const end = `text-anchor="end"`, middle = `text-anchor="middle"`;
  const rowNames = spans(rows, LINE / h).map(([name, at]) =>
    text(left - 6, ABOVE + h * at + 3.5, short(name), end)
  );
  const columnNames = spans(columns, LINE / w).map(([name, at]) => {
    const x = left + w * at + 3, y = ABOVE + h + 12;
    return text(x, y, short(name), `${end} transform="rotate(-45 ${x.toFixed(1)} ${y})"`);
  });
  const cellWidth = w / columns.length, cellHeight = h / rows.length;
  const words = texts === undefined || Math.min(cellWidth, cellHeight) < TEXT_CELL
    ? []
    : texts.flatMap((row, y) =>
      row.map((content, x) =>
        text(
          left + (x + 0.5) * cellWidth,
          ABOVE + (y + 0.5) * cellHeight + 4,
          content,
          `${middle} font-size="12" fill="${levels[y][x] > 0.6 ? "#000" : "#fff"}"`,
        )
      )
    );
  const lines = [
    ...bounds(rows).map((at) => `M${left} ${(ABOVE + h * at).toFixed(1)}h${w}`),
    ...bounds(columns).map((at) => `M${(left + w * at).toFixed(1)} ${ABOVE}v${h}`),
  ];
  const across = ABOVE + h / 2, barAt = left + w + 14;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" ` +
    `height="${height}" role="img" aria-label="${escapeHtml(label)}" ` +
    `font-family="system-ui, sans-serif" font-size="11" fill="currentColor" stroke="none">` +
    image(png, left, ABOVE, w, h) +
    `<path d="${lines.join("")}" stroke="#fff" stroke-opacity=".3" fill="none"/>` +
    words.join("") + rowNames.join("") + columnNames.join("") +
    text(14, across, axes.rows, `${middle} transform="rotate(-90 14 ${across})"`) +
    text(left + w / 2, height - 8, axes.columns, middle) +
    image(barPng(), barAt, ABOVE, 12, h) +
    text(barAt + 17, ABOVE + 9, scale.bright, "") + text(barAt + 17, ABOVE + h, scale.dark, "") +
    text(
      barAt + 48,
      across,
      scale.name,
      `${middle} transform="rotate(-90 ${barAt + 48} ${across})"`,
    ) +
    `</svg>`;
}

const colorOf = (level: number) =>
  Math.round(Math.max(0, Math.min(1, level)) * (PALETTE_COLORS - 1));

const image = (png: string, x: number, y: number, w: number, h: number) =>
  `<image href="data:image/png;base64,${png}" x="${x}" y="${y}" width="${w}" height="${h}" ` +
  `preserveAspectRatio="none" style="image-rendering: pixelated"/>`;

/** All colours, the brightest above. */
function barPng(): string {
  const pixels = Uint8Array.from({ length: PALETTE_COLORS }, (_, i) => PALETTE_COLORS - 1 - i);
  return encodePng(pixels, 1, PALETTE_COLORS, PALETTE).toBase64();
}

/** Each class and the middle of its part, in 0 … 1; those that have room for a name. */
function spans(classes: string[], room: number): [name: string, at: number][] {
  const found: [string, number][] = [];
  for (let first = 0; first < classes.length;) {
    let end = first;
    while (end < classes.length && classes[end] === classes[first]) end++;
    const at = (first + end) / 2 / classes.length;
    if (found.length === 0 || at - found.at(-1)![1] >= room) found.push([classes[first], at]);
    first = end;
  }
  return found;
}

/** Where one class ends and another begins, in 0 … 1. */
function bounds(classes: string[]): number[] {
  const found = classes.flatMap((name, i) =>
    i > 0 && name !== classes[i - 1] ? [i / classes.length] : []
  );
  return found.length < MOST_LINES ? found : [];
}

const longest = (names: string[]) =>
  names.reduce((longest, name) => Math.max(longest, stringWidth(short(name))), 0);

const short = (name: string) => name.length > 16 ? `${name.slice(0, 15)}…` : name;

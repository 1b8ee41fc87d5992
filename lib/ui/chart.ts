// The package in one file: by its name it is hundreds of modules, which are read with the first line
// of any notebook, whether or not it draws a chart.
// @ts-types="echarts"
import defer * as echarts from "echarts/dist/echarts.esm.min.mjs";

/** What a {@linkcode barChart} shows. */
export interface BarChart {
  /** What stands above it. */
  title: string;
  /** What the bars stand for. */
  x: string;
  /** What their height counts. */
  y: string;
  /** The bars, from the left. */
  bars: { label: string; value: number }[];
}

/** What a {@linkcode lineChart} shows. */
export interface LineChart {
  /** What stands above it. */
  title: string;
  /** What the horizontal axis counts. */
  x: string;
  /** What the vertical axis counts. */
  y: string;
  /** Lines over values of x; both axes' ranges are 1 … the largest x, on a logarithm, and 0 … 1. */
  lines: { label: string; points: [x: number, y: number][] }[];
}

/** What a {@linkcode heatMap} shows. */
export interface HeatMap {
  /** What stands above it. */
  title: string;
  /** The rows' names, from above. */
  rows: string[];
  /** The columns' names, from the left. */
  columns: string[];
  /** A value in 0 … 1 for each row and column. */
  values: number[][];
}

const WIDTH = 640;
const HEIGHT = 300;
/** What names may take beside a chart, in pixels; longer ones are cut. */
const NAME_WIDTH = 170;
/** A cell with a value in it. */
const CELL_WIDTH = 38;
/** More lines than this have their names beside them, below one another. */
const MOST_BELOW = 4;
/** As many colours as there are in a row before they come again. */
const COLOURS = 9;
/** How lines of one colour are told from each other: whole, in long strokes, in dots. */
const STROKES = ["solid" as const, [10, 4], [2, 4]];

/**
 * Draws a bar chart as an SVG document, with the value above each bar.
 *
 * @example
 * ```ts
 * import { barChart } from "qvim";
 *
 * const svg = barChart({ title: "Ranks", x: "rank", y: "queries", bars: [{ label: "1", value: 7 }] });
 * if (!svg.startsWith("<svg")) throw new Error(svg.slice(0, 80));
 * ```
 */
export function barChart({ title, x, y, bars }: BarChart): string {
  return draw(HEIGHT, {
    title: titleOption(title),
    // The value above the highest bar needs room below the title.
    grid: { left: 60, right: 20, top: 60, bottom: 55 },
    xAxis: {
      type: "category",
      ...nameOption(x, 34),
      data: bars.map(({ label }) => label),
      axisLabel: { interval: 0 },
    },
    yAxis: { type: "value", ...nameOption(y, 40), minInterval: 1 },
    series: [{
      type: "bar",
      data: bars.map(({ value }) => value),
      label: { show: true, position: "top" },
      itemStyle: { color: "#3572b0" },
    }],
  });
}

/**
 * Draws lines as an SVG document, with a legend: below, or beside them where there are many. Lines
 * that lie on one another are drawn in strokes by turns, so that all of them can be seen.
 *
 * @example
 * ```ts
 * import { lineChart } from "qvim";
 *
 * const svg = lineChart({
 *   title: "Found",
 *   x: "rank",
 *   y: "queries",
 *   lines: [{ label: "2DFT", points: [[1, 0.2], [10, 0.9]] }],
 * });
 * if (!svg.startsWith("<svg")) throw new Error(svg.slice(0, 80));
 * ```
 */
export function lineChart({ title, x, y, lines }: LineChart): string {
  const last = lines.flatMap(({ points }) => points).reduce((last, [x]) => Math.max(last, x), 1);
  const isBeside = lines.length > MOST_BELOW;
  const names = { data: lines.map(({ label }) => label), itemWidth: 40 };
  const textStyle = { width: NAME_WIDTH, overflow: "truncate" as const, ellipsis: "…" };
  // A reader's font may be wider than the one that widths are reckoned with.
  const spare = 20;
  const beside = NAME_WIDTH + 75 + spare;
  const height = isBeside ? Math.max(1.5 * HEIGHT, 60 + 24 * lines.length) : 1.5 * HEIGHT;
  return draw(height, {
    title: titleOption(title),
    legend: isBeside
      ? { ...names, orient: "vertical", right: spare, top: 45, textStyle }
      : { ...names, bottom: 0 },
    grid: { left: 60, right: isBeside ? beside + 25 : 25, top: 45, bottom: isBeside ? 50 : 85 },
    xAxis: {
      type: "log",
      min: 1,
      max: last,
      logBase: 10,
      axisLabel: { hideOverlap: true },
      ...nameOption(x, 28),
    },
    yAxis: { type: "value", min: 0, max: 1, ...nameOption(y, 40) },
    series: lines.map(({ label, points }, k) => ({
      type: "line",
      name: label,
      data: points,
      showSymbol: false,
      lineStyle: { width: 2, ...strokeOf(lines, k) },
    })),
  }, isBeside ? WIDTH + beside : WIDTH);
}

/** How a line is stroked: whole where it can be, else so that those below it can be seen. */
function strokeOf(lines: LineChart["lines"], k: number) {
  const own = JSON.stringify(lines[k].points);
  const same = lines.flatMap(({ points }, i) => JSON.stringify(points) === own ? [i] : []);
  const length = 8;
  if (same.length === 1) return { type: STROKES[Math.floor(k / COLOURS) % STROKES.length] };
  return { type: [length, length * (same.length - 1)], dashOffset: -length * same.indexOf(k) };
}

/**
 * Draws values as a table of colours, as an SVG document, with each value in its cell.
 *
 * @example
 * ```ts
 * import { heatMap } from "qvim";
 *
 * const svg = heatMap({ title: "Mixed up", rows: ["dog"], columns: ["dog", "cat"], values: [[0.9, 0.1]] });
 * if (!svg.startsWith("<svg")) throw new Error(svg.slice(0, 80));
 * ```
 */
export function heatMap({ title, rows, columns, values }: HeatMap): string {
  return draw(110 + 30 * rows.length, {
    title: titleOption(title),
    grid: { left: NAME_WIDTH + 20, right: 20, top: 45, bottom: 65 },
    xAxis: { type: "category", data: columns, axisLabel: { interval: 0, rotate: 30 } },
    // The first row is the highest.
    yAxis: {
      type: "category",
      data: rows,
      inverse: true,
      axisLabel: { interval: 0, width: NAME_WIDTH, overflow: "truncate" },
    },
    visualMap: {
      show: false,
      min: 0,
      max: 1,
      inRange: { color: ["#f7fbff", "#9ecae1", "#3182bd"] },
    },
    series: [{
      type: "heatmap",
      data: values.flatMap((row, y) => row.map((value, x) => [x, y, Number(value.toFixed(2))])),
      label: { show: true, formatter: ({ value }) => (value as number[])[2].toFixed(2) },
    }],
  }, Math.max(WIDTH, NAME_WIDTH + 40 + CELL_WIDTH * columns.length));
}

function titleOption(text: string) {
  return { text, left: "center", textStyle: { fontSize: 15 } };
}

function nameOption(name: string, nameGap: number) {
  return { name, nameLocation: "middle" as const, nameGap };
}

function draw(height: number, option: echarts.EChartsOption, width = WIDTH): string {
  const chart = echarts.init(null, null, { renderer: "svg", ssr: true, width, height });
  try {
    chart.setOption({ animation: false, backgroundColor: "#ffffff", ...option });
    return chart.renderToSVGString();
  } finally {
    // A chart that is not disposed of keeps the process alive.
    chart.dispose();
  }
}

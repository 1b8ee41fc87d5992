import * as echarts from "echarts";

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
    grid: { left: 60, right: 20, top: 45, bottom: 55 },
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
 * Draws lines as an SVG document, with a legend below.
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
  return draw(1.5 * HEIGHT, {
    title: titleOption(title),
    legend: { bottom: 0, data: lines.map(({ label }) => label) },
    grid: { left: 60, right: 25, top: 45, bottom: 85 },
    xAxis: {
      type: "log",
      min: 1,
      max: last,
      logBase: 10,
      axisLabel: { hideOverlap: true },
      ...nameOption(x, 28),
    },
    yAxis: { type: "value", min: 0, max: 1, ...nameOption(y, 40) },
    series: lines.map(({ label, points }) => ({
      type: "line",
      name: label,
      data: points,
      showSymbol: false,
      lineStyle: { width: 2 },
    })),
  });
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
    grid: { left: 150, right: 20, top: 45, bottom: 65 },
    xAxis: { type: "category", data: columns, axisLabel: { interval: 0, rotate: 30 } },
    // The first row is the highest.
    yAxis: { type: "category", data: rows, inverse: true },
    visualMap: {
      show: false,
      min: 0,
      max: 1,
      inRange: { color: ["#f7fbff", "#9ecae1", "#3182bd"] },
    },
    series: [{
      type: "heatmap",
      data: values.flatMap((row, y) => row.map((value, x) => [x, y, Number(value.toFixed(2))])),
      label: { show: true },
    }],
  });
}

function titleOption(text: string) {
  return { text, left: "center", textStyle: { fontSize: 15 } };
}

function nameOption(name: string, nameGap: number) {
  return { name, nameLocation: "middle" as const, nameGap };
}

function draw(height: number, option: echarts.EChartsOption): string {
  const chart = echarts.init(null, null, { renderer: "svg", ssr: true, width: WIDTH, height });
  try {
    chart.setOption({ animation: false, backgroundColor: "#ffffff", ...option });
    return chart.renderToSVGString();
  } finally {
    // A chart that is not disposed of keeps the process alive.
    chart.dispose();
  }
}

import * as echarts from "echarts";

/** What a {@linkcode barChart} shows. */
export interface BarChart {
  title: string;
  /** What the bars stand for. */
  x: string;
  /** What their height counts. */
  y: string;
  bars: { label: string; value: number }[];
}

/** What a {@linkcode lineChart} shows. */
export interface LineChart {
  title: string;
  x: string;
  y: string;
  /** Lines over values of x; both axes' ranges are 1 … the largest x, on a logarithm, and 0 … 1. */
  lines: { label: string; points: [x: number, y: number][] }[];
}

const WIDTH = 640;
const HEIGHT = 300;

/** Draws a bar chart as an SVG document, with the value above each bar. */
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

/** Draws lines as an SVG document, with a legend below. */
export function lineChart({ title, x, y, lines }: LineChart): string {
  const last = Math.max(...lines.flatMap(({ points }) => points.map(([x]) => x)));
  return draw(1.5 * HEIGHT, {
    title: titleOption(title),
    legend: { bottom: 0, data: lines.map(({ label }) => label) },
    grid: { left: 60, right: 25, top: 45, bottom: 85 },
    xAxis: { type: "log", min: 1, max: last, logBase: 10, ...nameOption(x, 28) },
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

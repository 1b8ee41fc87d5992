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

const WIDTH = 640;
const HEIGHT = 300;

/** Draws a bar chart as an SVG document, with the value above each bar. */
export function barChart({ title, x, y, bars }: BarChart): string {
  const chart = echarts.init(null, null, {
    renderer: "svg",
    ssr: true,
    width: WIDTH,
    height: HEIGHT,
  });
  try {
    chart.setOption({
      animation: false,
      backgroundColor: "#ffffff",
      title: { text: title, left: "center", textStyle: { fontSize: 15 } },
      grid: { left: 60, right: 20, top: 45, bottom: 55 },
      xAxis: {
        type: "category",
        name: x,
        nameLocation: "middle",
        nameGap: 34,
        data: bars.map(({ label }) => label),
        axisLabel: { interval: 0 },
      },
      yAxis: { type: "value", name: y, nameLocation: "middle", nameGap: 40, minInterval: 1 },
      series: [{
        type: "bar",
        data: bars.map(({ value }) => value),
        label: { show: true, position: "top" },
        itemStyle: { color: "#3572b0" },
      }],
    });
    return chart.renderToSVGString();
  } finally {
    // A chart that is not disposed of keeps the process alive.
    chart.dispose();
  }
}

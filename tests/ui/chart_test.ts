import assert from "node:assert/strict";
import { barChart } from "../../lib/ui/chart.ts";

/** Where a text of a picture is: its middle, and how high its letters are. */
function placeOf(svg: string, text: string): { y: number; size: number } {
  const element = svg.match(new RegExp(`<text[^>]*>${text}</text>`))![0];
  const [, size] = element.match(/font-size:(\d+)px/)!;
  const [, below = "0"] = element.match(/ y="([-\d.]+)"/) ?? [];
  const [, moved] = element.match(/translate\([-\d.]+ ([-\d.]+)\)/)!;
  return { y: Number(below) + Number(moved), size: Number(size) };
}

Deno.test("barChart() keeps the value above a bar of full height clear of the title", () => {
  // A bar that is as high as its axis.
  const bars = [{ label: "a", value: 20 }, { label: "b", value: 7 }];
  const svg = barChart({ title: "How many", x: "rank", y: "queries", bars });
  const title = placeOf(svg, "How many");
  const value = placeOf(svg.replace(/<text[^>]*text-anchor="end"[^>]*>20<\/text>/, ""), "20");
  const between = value.y - value.size / 2 - (title.y + title.size / 2);
  assert.ok(between >= 4, `${between} px between ${JSON.stringify({ title, value })}`);
  // And above its bar, whose top is the axis' 20.
  const top = svg.match(/text-anchor="end"[^>]*translate\(52 (\d+)\)[^>]*>20</)!;
  assert.ok(value.y < Number(top[1]));
});

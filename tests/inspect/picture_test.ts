import assert from "node:assert/strict";
import { seededRandom } from "../../lib/challenge/statistics.ts";
import { asImage } from "../../lib/inspect/picture.ts";
import { drawSpectrogram } from "../../lib/inspect/spectrogram.ts";

Deno.test("asImage() makes an element that holds the picture, whatever its title is", () => {
  const title = "a\x01b \ud800 \"<&'>% ü #";
  const random = seededRandom(2);
  const sound = { samples: Float32Array.from({ length: 4000 }, random), sampleRate: 8000 };
  const html = asImage(drawSpectrogram(sound, { title, width: 300, height: 100 }));
  assert.match(html, /^<img alt="Spectrogram of [^"<>]+" width="300" height="100" src="[^"<>]+">$/);
  const svg = decodeURIComponent(html.match(/src="data:image\/svg\+xml,([^"]+)"/)![1]);
  assert.match(svg, /^<svg [^>]+><rect [^>]+fill="#16121f"\/>/);
  assert.ok(!svg.includes("currentColor") && !svg.includes("\x01") && svg.isWellFormed());
  assert.match(svg, /href="data:image\/png;base64,iVBOR/);
});

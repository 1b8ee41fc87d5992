/** The steps of the 2DFT embedding, one by one: `deno bench -A`. */
import { fileURLToPath } from "node:url";
import { ConstantQ } from "../lib/audio/cqt.ts";
import { fourierResample } from "../lib/audio/fourier_resample.ts";
import { decodeWav } from "../lib/audio/wav.ts";
import { TwoDft } from "../lib/models/two_dft.ts";

const path = fileURLToPath(
  new URL("../data/qvim-mini/Items/siren/siren_1.wav", import.meta.url),
);
const bytes = Deno.readFileSync(path);
const { samples, sampleRate } = decodeWav(bytes, path);
const resampled = fourierResample(samples, sampleRate, 8000);
const cqt = new ConstantQ({
  sampleRate: 8000,
  length: 40000,
  fMin: 55,
  fMax: 2090,
  binsPerOctave: 12,
});
const model = new TwoDft();

Deno.bench("decode", () => void decodeWav(bytes, path));
Deno.bench("resample to 8 kHz", () => void fourierResample(samples, sampleRate, 8000));
Deno.bench("constant-Q transform", () => void cqt.magnitudes(resampled));
Deno.bench("the whole embedding", () => void model.embedItem(path));

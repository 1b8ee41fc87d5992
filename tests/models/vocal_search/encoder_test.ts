import assert from "node:assert/strict";
import { join } from "node:path";
import { SoundAnalyzer } from "../../../lib/models/vocal_search/sound_analyzer.ts";
import { MEL_BANDS } from "../../../lib/models/vocal_search/sound_frames.ts";
import { seededRandom } from "../../../lib/challenge/statistics.ts";
import {
  encoderInput,
  INPUT_FRAMES,
  SOUND_ROWS,
} from "../../../lib/models/vocal_search/encoder_input.ts";
import { EMBEDDING, SoundEncoder } from "../../../lib/models/vocal_search/sound_encoder.ts";
import { BEGINNINGS, viewEnds } from "../../../lib/models/vocal_search/vocal_search.ts";
import { PROJECT } from "../../support.ts";

const RATE = 16000;
const analyzer = new SoundAnalyzer();

/** One row of the encoder's input. */
function row(input: Float32Array, index: number): Float32Array {
  return input.subarray(index * INPUT_FRAMES, (index + 1) * INPUT_FRAMES);
}

function tone(seconds: number, frequency: number): Float32Array {
  return Float32Array.from(
    { length: seconds * RATE },
    (_, i) => 0.5 * Math.sin(2 * Math.PI * frequency * i / RATE),
  );
}

/** The band whose triangle's peak is nearest to a frequency, by the mel scale's formula. */
function bandOf(frequency: number): number {
  const mel = (f: number) => 2595 * Math.log10(1 + f / 700);
  return Math.round((mel(frequency) - mel(60)) / (mel(8000) - mel(60)) * (MEL_BANDS + 1)) - 1;
}

Deno.test("encoderInput() is brightest in the band of a tone, for as long as it lasts", () => {
  for (const frequency of [440, 1500, 6000]) {
    const input = encoderInput(analyzer.analyze(tone(1, frequency)));
    const column = Array.from({ length: MEL_BANDS }, (_, band) => row(input, band)[20]);
    const loudest = column.indexOf(Math.max(...column));
    assert.ok(Math.abs(loudest - bandOf(frequency)) <= 1, `${frequency} Hz: band ${loudest}`);
    assert.ok(Math.max(...row(input, loudest)) > 0.999);
    const present = row(input, SOUND_ROWS);
    // 50 steps of 20 ms, and one where windows of 40 ms reach over the ends.
    assert.equal(present.reduce((sum, x) => sum + x, 0), 51);
    assert.equal(present[50], 1);
    assert.ok(
      Array.from({ length: SOUND_ROWS + 1 }, (_, r) => row(input, r)[51]).every((x) => x === 0),
    );
  }
});

Deno.test("encoderInput() does not change with gain, and hears 4 s of what is longer", () => {
  const random = seededRandom(3);
  const noise = Float32Array.from({ length: 6 * RATE }, () => random() - 0.5);
  const loud = encoderInput(analyzer.analyze(noise));
  const soft = encoderInput(analyzer.analyze(noise.map((x) => 0.05 * x)));
  assert.ok(loud.every((value, i) => Math.abs(value - soft[i]) < 1e-3));
  assert.ok(row(loud, SOUND_ROWS).every((value) => value === 1));
  const cut = encoderInput(analyzer.analyze(noise.subarray(0, 5 * RATE)));
  const differences = loud.map((value, i) => Math.abs(value - cut[i]));
  // The means that contours are taken from go over the whole sound, so only mel is the same.
  assert.ok(differences.subarray(0, MEL_BANDS * INPUT_FRAMES).every((value) => value < 0.05));
});

const INPUTS: Record<string, string> = JSON.parse(
  Deno.readTextFileSync(join(PROJECT, "tests", "fixtures", "encoder_inputs.json")),
);

Deno.test("encoderInput() is what the networks were trained on, value by value", async () => {
  assert.equal(Object.keys(INPUTS).length, 4);
  for (const [file, packed] of Object.entries(INPUTS)) {
    const expected = new Int16Array(Uint8Array.from(atob(packed), (c) => c.charCodeAt(0)).buffer);
    const frames = await analyzer.analyzeFile(join(PROJECT, "data", "qvim-mini", file));
    const isItem = file.startsWith("Items");
    const input = encoderInput(frames, isItem ? viewEnds(frames.count) : [frames.count]);
    assert.equal(input.length, expected.length);
    const differences = input.map((value, i) => Math.abs(value - expected[i] / 32767));
    // Python computes in double precision: now and then two peaks of a correlation tie otherwise.
    assert.ok(Math.max(...differences) < 2e-3, `${file}: ${Math.max(...differences)}`);
  }
});

const OUTPUTS: Record<"item" | "query", Record<string, number[]>> = JSON.parse(
  Deno.readTextFileSync(join(PROJECT, "tests", "fixtures", "encoder_outputs.json")),
);

Deno.test("SoundEncoder answers as the network that was trained, front end and all", async () => {
  const encoder = new SoundEncoder();
  for (const kind of ["item", "query"] as const) {
    const files = Object.entries(OUTPUTS[kind]);
    assert.ok(files.length >= 2);
    for (const [file, expected] of files) {
      const frames = await analyzer.analyzeFile(join(PROJECT, "data", "qvim-mini", file));
      const ends = kind === "item" ? viewEnds(frames.count) : [frames.count];
      const embeddings = await encoder.embed(kind, frames, ends);
      assert.equal(embeddings.length, kind === "item" ? BEGINNINGS.length : 1);
      const said = embeddings.flatMap((embedding) => [...embedding]);
      assert.equal(said.length, expected.length);
      const worst = Math.max(...said.map((value, i) => Math.abs(value - expected[i])));
      // Python computes its features in double precision.
      assert.ok(worst < 4e-3, `${file}: ${worst}`);
      for (const embedding of embeddings) {
        assert.equal(embedding.length, EMBEDDING);
        assert.ok(Math.abs(Math.hypot(...embedding) - 1) < 1e-5);
      }
    }
  }
});

Deno.test("SoundEncoder says the same of a view, whichever others are asked for", async () => {
  const encoder = new SoundEncoder();
  const [file] = Object.keys(OUTPUTS.item);
  const frames = await analyzer.analyzeFile(join(PROJECT, "data", "qvim-mini", file));
  const ends = viewEnds(frames.count);
  const [whole, ...beginnings] = await encoder.embed("item", frames, ends);
  const [alone] = await encoder.embed("item", frames);
  const [again, last] = await encoder.embed("item", frames, [ends[0], ends.at(-1)!]);
  const distance = (a: Float32Array, b: Float32Array) => Math.hypot(...a.map((x, i) => x - b[i]));
  assert.ok(distance(whole, alone) < 1e-5 && distance(whole, again) < 1e-5);
  assert.ok(distance(last, beginnings.at(-1)!) < 1e-5);
  assert.ok(distance(whole, last) > 0.05);
});

Deno.test("the encoder's files stay below 20 MB", () => {
  const folder = join(PROJECT, "lib", "models", "vocal_search");
  const sizes = ["item", "query"].map((kind) =>
    Deno.statSync(join(folder, `${kind}_encoder.onnx`)).size
  );
  assert.ok(sizes[0] + sizes[1] < 20e6, `${sizes}`);
});

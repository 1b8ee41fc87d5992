import assert from "node:assert/strict";
import { join } from "node:path";
import { readWav } from "../../../lib/audio/wav.ts";
import { listQueries } from "../../../lib/challenge/dataset.ts";
import { cleanTake } from "../../../lib/models/vocal_search/take.ts";
import { PROJECT } from "../../support.ts";

const TAKES = listQueries(join(PROJECT, "data", "qvim-mini")).map(({ path }) => readWav(path));

/** Holds that samples were left as they are; `equal` would take minutes to say where long ones differ. */
function assertLeft(samples: Float32Array, sampleRate: number, what: string): void {
  assert.ok(cleanTake(samples, sampleRate) === samples, what);
}

Deno.test("cleanTake() leaves ordinary imitations as they are, sample by sample", () => {
  for (const [i, { samples, sampleRate }] of TAKES.entries()) {
    assertLeft(samples, sampleRate, `query ${i}`);
  }
  for (const samples of [new Float32Array(), new Float32Array(1), new Float32Array(9000)]) {
    assertLeft(samples, 16_000, `${samples.length} zeros`);
  }
});

Deno.test("cleanTake() takes an offset away", () => {
  for (const { samples, sampleRate } of TAKES.slice(0, 10)) {
    const mean = samples.reduce((sum, x) => sum + x, 0) / samples.length;
    const cleaned = cleanTake(samples.map((x) => x + 0.1), sampleRate);
    assert.ok(cleaned.every((x, i) => Math.abs(x - (samples[i] - mean)) < 1e-5));
  }
});

Deno.test("cleanTake() takes the button's click away, before or behind the take", () => {
  for (const { samples, sampleRate } of TAKES.slice(0, 10)) {
    const gap = Math.round(0.1 * sampleRate);
    const before = new Float32Array(20 + gap + samples.length);
    before.set(samples, 20 + gap);
    before.fill(0.9, 0, 20);
    const cleaned = cleanTake(before, sampleRate);
    assert.ok(samples.every((x, i) => cleaned[20 + gap + i] === x));
    assert.ok(cleaned.subarray(0, 20).every((x) => x === 0));
    const behind = before.slice().reverse();
    const turned = cleanTake(behind, sampleRate).slice().reverse();
    assert.ok(turned.length === cleaned.length && turned.every((x, i) => x === cleaned[i]));
  }
});

/** A take behind what a hand makes, so many seconds before it. */
function behind(
  samples: Float32Array,
  sampleRate: number,
  knock: (seconds: number) => number,
  at: number[],
): Float32Array {
  const lead = Math.round(0.9 * sampleRate);
  const out = new Float32Array(lead + samples.length);
  out.set(samples, lead);
  for (const start of at) {
    for (let i = Math.round(start * sampleRate); i < lead; i++) {
      out[i] += knock(i / sampleRate - start);
    }
  }
  return out;
}

const TICK = (t: number) => t >= 0 && t < 0.001 ? Math.sin(2 * Math.PI * 2000 * t) : 0;
const RINGING = (t: number) => t < 0 ? 0 : Math.exp(-t / 0.003) * Math.sin(2 * Math.PI * 2000 * t);
const THUMP = (t: number) => t < 0 ? 0 : Math.exp(-t / 0.02) * Math.sin(2 * Math.PI * 80 * t);

Deno.test("cleanTake() takes clicks that ring, thumps and several of them away, wherever they are", () => {
  for (const { samples, sampleRate } of TAKES.slice(0, 10)) {
    for (
      const [knock, at] of [
        [TICK, [0.5]],
        [TICK, [0, 0.06, 0.4]],
        [RINGING, [0.45]],
        [THUMP, [0.3]],
      ] as const
    ) {
      const take = behind(samples, sampleRate, knock, [...at]);
      const cleaned = cleanTake(take, sampleRate);
      const lead = take.length - samples.length;
      assert.ok(samples.every((x, i) => cleaned[lead + i] === x), `${knock.name} at ${at}`);
      const loudest = samples.reduce((peak, x) => Math.max(peak, Math.abs(x)), 0);
      assert.ok(cleaned.subarray(0, lead).every((x) => Math.abs(x) < 0.1 * loudest), knock.name);
    }
  }
});

Deno.test("cleanTake() leaves what is imitated: ticks of a clock, a low voice before a pause", () => {
  const rate = 16_000;
  const clock = Float32Array.from({ length: 3 * rate }, (_, i) => TICK(i / rate % 0.5));
  assertLeft(clock, rate, "clock");
  const boom = Float32Array.from({ length: rate }, (_, i) => {
    const t = i / rate;
    return t < 0.2 || t > 0.6 ? 0.4 * Math.sin(2 * Math.PI * 120 * t) : 0;
  });
  assertLeft(boom, rate, "boom");
});

Deno.test("cleanTake() takes away what is below all voices, and shifts nothing in time", () => {
  const rate = 16_000;
  const voice = Float32Array.from(
    { length: 2 * rate },
    (_, i) => 0.5 * Math.sin(2 * Math.PI * 200 * i / rate) * Math.sin(Math.PI * i / 2 / rate),
  );
  const rumbles = {
    drift: (t: number) => 0.2 - 0.2 * t,
    "an offset that decays": (t: number) => 0.3 * Math.exp(-t / 0.5),
    "5 Hz": (t: number) => 0.1 * Math.sin(2 * Math.PI * 5 * t),
  };
  for (const [what, rumble] of Object.entries(rumbles)) {
    const cleaned = cleanTake(voice.map((x, i) => x + rumble(i / rate)), rate);
    const worst = cleaned.reduce((most, x, i) => Math.max(most, Math.abs(x - voice[i])), 0);
    assert.ok(worst < 0.02, `${what}: ${worst}`);
  }
});

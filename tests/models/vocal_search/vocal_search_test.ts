import assert from "node:assert/strict";
import { join } from "node:path";
import wavefile from "wavefile";
import { listItems, listQueries, toPaths } from "../../../lib/challenge/dataset.ts";
import { readGroundTruth } from "../../../lib/challenge/ground_truth.ts";
import { QVIMModel, type Similarities, type SoundPaths } from "../../../lib/challenge/model.ts";
import { evaluate } from "../../../lib/challenge/evaluation.ts";
import { durationOf } from "../../../lib/models/vocal_search/features.ts";
import { standardize } from "../../../lib/models/vocal_search/fusion.ts";
import { MobileNetBaseline } from "../../../lib/models/mobilenet/mobilenet.ts";
import { type SoundView, VocalSearch } from "../../../lib/models/vocal_search/vocal_search.ts";
import { readGolden } from "../../../tools/qvim_mini/references.ts";
import { FALL, PULSES, RATE, RISE, voice } from "../sounds.ts";
import { PROJECT, testWithShared, withFolder } from "../../support.ts";

function writeWav(
  path: string,
  samples: Float32Array,
  options: { rate?: number; channels?: number } = {},
) {
  const { rate = RATE, channels = 1 } = options;
  const integers = Int16Array.from(
    samples,
    (x) => Math.max(-32768, Math.min(32767, Math.round(32767 * x))),
  );
  const file = new wavefile.WaveFile();
  file.fromScratch(
    channels,
    rate,
    "16",
    channels === 1 ? integers : Array(channels).fill(integers),
  );
  Deno.writeFileSync(path, file.toBuffer());
}

/** Scores queries against the three sounds above. */
async function score(
  folder: string,
  queries: Record<string, Float32Array>,
  options: Record<string, object> = {},
) {
  const write = (sounds: Record<string, Float32Array>) =>
    Object.fromEntries(
      Object.entries(sounds).map(([name, samples]) => {
        const path = join(folder, `${name}.wav`);
        writeWav(path, samples, options[name]);
        return [name, path];
      }),
    );
  return await new VocalSearch().computeSimilarities(
    write({ rise: RISE, fall: FALL, pulses: PULSES }),
    write(queries),
  );
}

function pad(samples: Float32Array, before: number, after: number): Float32Array {
  const out = new Float32Array(samples.length + before + after);
  out.set(samples, before);
  return out;
}

Deno.test("VocalSearch gives next to the same scores whatever the gain, polarity, padding, rate and channels", () =>
  withFolder(async (folder) => {
    const sung = (rate: number) => voice(1.1, (t) => 120 + 150 * t, (t) => 1 - 0.5 * t, rate);
    const query = sung(RATE);
    const scores = await score(folder, {
      query,
      quiet: query.map((x) => 0.1 * x),
      turned: query.map((x) => -x),
      padded: pad(query, 8000, 4800),
      rate: sung(2 * RATE),
      stereo: query,
    }, { rate: { rate: 2 * RATE }, stereo: { channels: 2 } });
    const { query: expected, ...others } = scores;
    for (const [name, row] of Object.entries(others)) {
      for (const [item, value] of Object.entries(row)) {
        assert.ok(
          Math.abs(value - expected[item]) < 0.005,
          `${name}, ${item}: ${value}, ${expected[item]}`,
        );
      }
    }
    assert.ok(
      expected.rise > expected.fall && expected.rise > expected.pulses,
      JSON.stringify(expected),
    );
  }));

const DATA = join(PROJECT, "data", "qvim-mini");
const items = toPaths(listItems(DATA)), queries = toPaths(listQueries(DATA));

/** Hears each sound of the built-in data set once, whatever tests ask of it, in this process. */
class Remembering extends VocalSearch {
  static readonly #heard = new Map<string, Promise<SoundView[] | SoundView>>();
  protected override readonly workerModule = undefined as unknown as string;

  override embedItem(path: string) {
    return Remembering.#once(`item ${path}`, () => super.embedItem(path));
  }

  override embedQuery(path: string) {
    return Remembering.#once(`query ${path}`, () => super.embedQuery(path));
  }

  static #once<T extends SoundView[] | SoundView>(key: string, hear: () => Promise<T>): Promise<T> {
    const heard = Remembering.#heard.get(key) ?? hear();
    Remembering.#heard.set(key, heard);
    return heard as Promise<T>;
  }
}

let scored: Promise<Similarities> | undefined;

/** The scores of the built-in data set. */
const scoresOfAll = () => scored ??= new Remembering().computeSimilarities(items, queries);

Deno.test("VocalSearch ranks a sound itself first", async () => {
  const scores = await new Remembering().computeSimilarities(items, items);
  for (const [sound, row] of Object.entries(scores)) {
    for (const [item, value] of Object.entries(row)) {
      assert.ok(item === sound || value < row[sound], `${sound}, ${item}`);
    }
  }
});

Deno.test("VocalSearch is not thrown by what people do: silence, clicks, clipping, half a minute", () =>
  withFolder(async (folder) => {
    const scores = await score(folder, {
      silence: new Float32Array(RATE),
      click: Float32Array.of(1, -1, 0.5),
      short: RISE.slice(0, RATE / 5),
      clipped: RISE.map((x) => Math.sign(x)),
      long: Float32Array.from({ length: 30 * RATE }, (_, i) => RISE[i % RATE]),
      hum: RISE.map((x, i) => x + 0.1 * Math.sin(2 * Math.PI * 50 * i / RATE)),
    });
    for (const [query, row] of Object.entries(scores)) {
      assert.ok(Object.values(row).every(Number.isFinite), query);
    }
    for (const name of ["clipped", "hum"]) {
      assert.ok(
        scores[name].rise > scores[name].fall && scores[name].rise > scores[name].pulses,
        name,
      );
    }
  }));

Deno.test("VocalSearch hears a sound that begins after more than it listens to", () =>
  withFolder(async (folder) => {
    const model = new VocalSearch(), samples = Float32Array.from(RISE);
    const late = new Float32Array(12.3 * RATE + samples.length);
    late.set(samples, 12.3 * RATE);
    const [early, after] = ["early.wav", "late.wav"].map((name) => join(folder, name));
    writeWav(early, samples);
    writeWav(after, late);
    assert.deepEqual(await model.embedItem(after), await model.embedItem(early));
    assert.deepEqual(await model.embedQuery(after), await model.embedQuery(early));
    const inMemory = (samples: Float32Array<ArrayBuffer>) =>
      model.embedQueryAudio({ samples, sampleRate: RATE });
    assert.deepEqual(await inMemory(late), await inMemory(samples));
    // Where nothing is heard at all there is nothing to go on to.
    writeWav(after, new Float32Array(13 * RATE));
    assert.equal((await model.embedQuery(after)).features!.events.length, 7);
  }));

Deno.test("VocalSearch hears a file of floats that are no sound's as the same sound at full scale", async () => {
  const model = new VocalSearch();
  const ordinary = { samples: Float32Array.from(RISE), sampleRate: 44100 };
  const [expected] = await model.embedItemAudio(ordinary);
  for (const gain of [2 ** 19, 1e9, 1e20, 3e38]) {
    const samples = Float32Array.from(RISE, (x) => x * gain);
    const [item] = await model.embedItemAudio({ ...ordinary, samples });
    const query = await model.embedQueryAudio({ ...ordinary, samples });
    const cosine = item.embedding!.reduce((sum, x, i) => sum + x * expected.embedding![i], 0);
    assert.ok(cosine > 0.999, `${gain}: ${cosine}`);
    assert.ok(Math.hypot(...query.embedding!) > 0.999, `${gain}`);
    assert.equal(durationOf(item.features!), durationOf(expected.features!), `${gain}`);
  }
});

Deno.test("VocalSearch scores the same, bit for bit, in whatever order the items come", async () => {
  const some = toPaths(listQueries(DATA).slice(0, 4));
  const turned = Object.fromEntries(Object.entries(items).reverse());
  const scores = await scoresOfAll();
  // These are so many that further processes hear them.
  assert.deepEqual(
    await new VocalSearch().computeSimilarities(turned, some),
    Object.fromEntries(Object.keys(some).map((query) => [query, scores[query]])),
  );
});

Deno.test("VocalSearch scores a query the same alone and among others", async () => {
  const all = await scoresOfAll();
  const [name] = Object.keys(queries).slice(5);
  class Fresh extends Remembering {
    override embedQuery = (path: string) => new VocalSearch().embedQuery(path);
  }
  const alone = await new Fresh().computeSimilarities(items, { [name]: queries[name] });
  assert.deepEqual(alone[name], all[name]);
  const { mrr } = await evaluate(Object.entries(all), readGroundTruth(DATA));
  assert.ok(Math.abs(mrr - readGolden().figures.fusion.mrr) < 0.02, `${mrr}`);
});

Deno.test("VocalSearch's parts can be switched off, but not both", async () => {
  assert.throws(() => new VocalSearch({ contours: false, encoder: false }), RangeError);
  const path = join(DATA, "Items", "bark", "bark_1.wav");
  const both = await new VocalSearch().embedQuery(path);
  const contours = await new VocalSearch({ encoder: false }).embedQuery(path);
  const encoder = await new VocalSearch({ contours: false }).embedQuery(path);
  assert.deepEqual(both, { ...contours, ...encoder });
  assert.deepEqual(Object.keys(contours), ["features"]);
  assert.deepEqual(Object.keys(encoder), ["embedding"]);
});

Deno.test("VocalSearch hears with networks of one's own, and says which are missing", () =>
  withFolder(async (folder) => {
    const path = join(DATA, "Items", "bark", "bark_1.wav");
    const options = { contours: false, encoders: folder };
    assert.throws(
      () => new VocalSearch(options),
      /Expected item_encoder\.onnx in .* but found none/,
    );
    // The network of items as that of queries: its answer shows which one was asked.
    const own = join(PROJECT, "lib", "models", "vocal_search");
    for (const kind of ["item", "query"]) {
      Deno.copyFileSync(join(own, "item_encoder.onnx"), join(folder, `${kind}_encoder.onnx`));
    }
    const query = join(folder, "query_encoder.onnx"), network = Deno.readFileSync(query);
    Deno.writeFileSync(query, network.subarray(0, 1000));
    const model = new VocalSearch(options);
    await assert.rejects(model.embedQuery(path), /Expected an ONNX network in .*query_encoder/);
    // Once it is whole, the same model goes on.
    Deno.writeFileSync(query, network);
    const { embedding } = await model.embedQuery(path);
    const [whole] = await new VocalSearch({ contours: false }).embedItem(path);
    assert.deepEqual(embedding, whole.embedding);
  }));

Deno.test("VocalSearch lets the queries of a call correct each other where it is asked to", async () => {
  const [name, path] = Object.entries(queries)[0];
  const model = new Remembering({ queriesAsBatch: true });
  const all = await model.computeSimilarities(items, queries);
  const alone = await model.computeSimilarities(items, { [name]: path });
  assert.notDeepEqual(alone[name], all[name]);
  const { mrr } = await evaluate(Object.entries(all), readGroundTruth(DATA));
  const expected = readGolden().figures["fusion, batch"].mrr;
  assert.ok(Math.abs(mrr - expected) < 0.02, `${mrr}`);
});

testWithShared(
  "reference/mobilenet",
  "VocalSearch fuses the MN baseline in",
  (reference) =>
    withFolder(async (folder) => {
      Deno.copyFileSync(join(reference, "baseline.ckpt"), join(folder, "baseline.ckpt"));
      const mobileNet = await MobileNetBaseline.fromCheckpoint(join(folder, "baseline.ckpt"));
      const items = toPaths(listItems(DATA).slice(0, 6));
      const queries = toPaths(listQueries(DATA).slice(0, 3));
      let others: Similarities = {};
      class Seen extends QVIMModel {
        override async computeSimilarities(items: SoundPaths, queries: SoundPaths) {
          return others = await mobileNet.computeSimilarities(items, queries);
        }
      }
      const fused = await new Remembering({ fuseWith: new Seen() })
        .computeSimilarities(items, queries);
      const own = await new Remembering().computeSimilarities(items, queries);
      for (const query of Object.keys(queries)) {
        const [a, b] = [own, others].map((scores) => standardize(Object.values(scores[query])));
        Object.values(fused[query]).forEach((value, i) =>
          assert.ok(Math.abs(value - (a[i] + 0.3 * b[i])) < 1e-9)
        );
      }
    }),
);

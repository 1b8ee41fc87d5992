import assert from "node:assert/strict";
import { join } from "node:path";
import { inflateSync } from "node:zlib";
import { evaluate } from "../../lib/challenge/evaluation.ts";
import { readWav } from "../../lib/audio/wav.ts";
import { listItems, listQueries, readGroundTruth, toPaths } from "../../lib/challenge/dataset.ts";
import { writeSimilarities } from "../../lib/challenge/similarities.ts";
import { confusion, showConfusion } from "../../lib/inspect/confusion.ts";
import { listen, showWorst } from "../../lib/inspect/listen.ts";
import { playersOf } from "../../lib/inspect/players.ts";
import { showScores } from "../../lib/inspect/score_matrix.ts";
import { pictureDecibels, spectrogram } from "../../lib/inspect/spectrogram.ts";
import wavefile from "wavefile";
import { encodePng } from "../../lib/ui/png.ts";
import { FIXTURES, PROJECT, withFolder } from "../support.ts";

const DATA = join(PROJECT, "data", "qvim-mini");
const items = toPaths(listItems(DATA)), queries = toPaths(listQueries(DATA));

Deno.test("listen() says what is missing, in one sentence", () =>
  withFolder(async (folder) => {
    const scores = join(folder, "s.json");
    const [query] = Object.keys(queries);
    await writeSimilarities(scores, {
      [query]: Object.fromEntries(Object.keys(items).map((i) => [i, 1])),
    });
    const sources = { scores, items, queries };
    const empty = join(folder, "empty.wav");
    // The header of a file of 16 bit and 16 kHz, and no samples.
    const header = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAgD4AAAB9AAACABAAZGF0YQAAAAA=";
    Deno.writeFileSync(empty, Uint8Array.fromBase64(header));
    const other = { results: [{ query: "r.wav", item: "a.wav", class: "dog" }] } as never;
    const cases: [() => Promise<unknown>, RegExp][] = [
      [() => listen(query), /Expected scores to show but found none: run the cell that saves them/],
      [() => listen("none.wav", sources), /Expected a query of the data set but found "none\.wav"/],
      [() => listen(Object.keys(queries)[1], sources), /Expected scores for .* but found none/],
      [() => listen(query, { ...sources, top: 1000 }), /from 1 to 10 but found 1000/],
      [
        () => listen(query, { ...sources, queries: { [query]: "/gone.wav" } }),
        /not there any more/,
      ],
      [() => showWorst({ results: [] } as never, 5, sources), /an evaluation with queries/],
      [
        () => showWorst({ results: [{}] } as never, 1000, sources),
        /from 1 to 50 rows but found 1000/,
      ],
      [() => showConfusion(undefined as never, scores), /an evaluation with queries/],
      [() => showScores(undefined as never, scores), /an evaluation with queries/],
      [() => showConfusion(other), /Expected scores to show but found none/],
      [
        () => showConfusion(other, scores),
        /Expected scores for r\.wav in .*s\.json but found none/,
      ],
      [() => showScores(other, scores), /Expected scores of r\.wav for all items/],
    ];
    const noSamples = /Expected 1 or more samples but found none in .*empty\.wav/;
    await assert.rejects(listen(query, { ...sources, queries: { [query]: empty } }), noSamples);
    await assert.rejects(listen([{ path: empty, score: 1 }]), noSamples);
    for (const [act, message] of cases) {
      await assert.rejects(act, (error: Error) => {
        assert.equal(error.name, "ListenError");
        assert.match(error.message, message);
        return true;
      });
    }
  }));

Deno.test("ten rows of long noise stay below 5 MB", () =>
  withFolder((folder) => {
    const path = join(folder, "noise.wav");
    const wav = new wavefile.WaveFile();
    // Nothing compresses worse.
    wav.fromScratch(
      1,
      44_100,
      "16",
      Array.from({ length: 441_000 }, () => 6e4 * Math.random() - 3e4),
    );
    Deno.writeFileSync(path, wav.toBuffer());
    const sounds = Array.from(
      { length: 5 },
      (_, i) => ({ role: "answer", name: `${i}.wav`, path }),
    );
    const html = playersOf([["a query", sounds]]);
    assert.ok(html.length < 500_000, `${html.length}`);
    const sound = Uint8Array.fromBase64(html.match(/base64,([^"]+)"><\/audio>/)![1]);
    assert.equal(new DataView(sound.buffer).getUint32(24, true), 8000);
    assert.equal(sound.length, 58 + 5 * 8000);
    assert.match(html, /<span>the first 5 s of 10\.0 s<\/span>/);
  }));

Deno.test("spectrogram() draws a tone where it is, with axes and units", async () => {
  const samples = Float32Array.from(
    { length: 16_000 },
    (_, i) => Math.sin(2 * Math.PI * 1000 * i / 16_000),
  );
  const svg = await spectrogram({ samples, sampleRate: 16_000 }, { title: "<a>" });
  assert.match(svg, /aria-label="Spectrogram of &lt;a&gt;, 0 to 1\.0 s, 0 to 8 kHz"/);
  assert.match(svg, /time \/ s<\/text><text[^>]*>frequency \/ Hz/);
  const png = Uint8Array.fromBase64(svg.match(/base64,([^"]+)/)![1]);
  const view = new DataView(png.buffer);
  const width = view.getUint32(16), height = view.getUint32(20);
  assert.equal(height, 96);
  const text = new TextDecoder("latin1").decode(png);
  const at = text.indexOf("IDAT");
  const lines = inflateSync(png.subarray(at + 4, at + 4 + view.getUint32(at - 4)));
  const column = Array.from(
    { length: height },
    (_, y) => lines[y * (width + 1) + 1 + (width >> 1)],
  );
  // 1000 Hz is 15 of the 45.2 mel up to 8 kHz, counted from below.
  const loudest = height - 1 - column.indexOf(Math.max(...column));
  assert.ok(Math.abs(loudest - 96 * 15 / 45.2) < 2.5, `${loudest}`);
  await assert.rejects(
    spectrogram({ samples: new Float32Array(), sampleRate: 8000 }),
    /no samples/,
  );
});

Deno.test("pictures are painted of the decibels that librosa gives", () => {
  const { samples } = readWav(join(DATA, "Items", "bark", "bark_1.wav"));
  const { data, rows, columns } = pictureDecibels(samples);
  const { picture: { shape, values } } = JSON.parse(
    Deno.readTextFileSync(join(FIXTURES, "spectra.json")),
  );
  assert.deepEqual([rows, columns], shape);
  const step = Math.ceil(data.length / values.length);
  values.forEach((value: number, i: number) =>
    assert.ok(Math.abs(data[i * step] - value) < 1e-3, `${i * step}: ${data[i * step]}, ${value}`)
  );
});

Deno.test("encodePng() writes the points that it is given", () => {
  const png = encodePng(Uint8Array.of(0, 1, 1, 0), 2, 2, Uint8Array.of(0, 0, 0, 255, 255, 255));
  assert.deepEqual([...png.subarray(0, 8)], [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const at = new TextDecoder("latin1").decode(png).indexOf("IDAT");
  const size = new DataView(png.buffer).getUint32(at - 4);
  assert.deepEqual([...inflateSync(png.subarray(at + 4, at + 4 + size))], [0, 0, 1, 0, 1, 0]);
});

Deno.test("confusion() counts the class of the item in the first place", () =>
  withFolder(async (folder) => {
    const rows = readGroundTruth(DATA);
    const classOf = new Map(rows.map(({ item, class: name }) => [item, name]));
    const scores = Object.fromEntries(rows.map(({ query }) => [
      query,
      // Whatever is asked for, a bark is found.
      Object.fromEntries([...classOf].map(([item, name]) => [item, name === "bark" ? 1 : 0])),
    ]));
    const path = join(folder, "s.json");
    await writeSimilarities(path, scores);
    const { classes, counts } = await confusion(await evaluate(Object.entries(scores), rows), path);
    const bark = classes.indexOf("bark");
    counts.forEach((row) => assert.equal(row.reduce((a, b) => a + b), row[bark]));
    assert.equal(counts.flat().reduce((a, b) => a + b), 57);
  }));

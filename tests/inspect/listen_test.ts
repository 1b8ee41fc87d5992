import assert from "node:assert/strict";
import { join } from "node:path";
import { inflateSync } from "node:zlib";
import type { Matrix } from "../../lib/audio/mel_bank.ts";
import { inMemory } from "../../lib/audio/sound_source.ts";
import { resample } from "../../lib/audio/resample.ts";
import { melSpectrogram, powerToDb } from "../../lib/audio/spectra.ts";
import { evaluate } from "../../lib/challenge/evaluation.ts";
import { readWav } from "../../lib/audio/wav.ts";
import { listItems, listQueries, readGroundTruth, toPaths } from "../../lib/challenge/dataset.ts";
import { writeSimilarities } from "../../lib/challenge/similarities.ts";
import { confusion, showConfusion } from "../../lib/inspect/confusion.ts";
import { embeddingMap } from "../../lib/inspect/embedding_map.ts";
import {
  classwiseLines,
  exactMatchLines,
  pythonRound,
  showFigures,
  showRanks,
} from "../../lib/inspect/figures.ts";
import { listen, showWorst } from "../../lib/inspect/listen.ts";
import { pageSound } from "../../lib/inspect/page_sound.ts";
import { playersPage, soundTable } from "../../lib/inspect/players.ts";
import { rank } from "../../lib/inspect/ranked.ts";
import { showScores } from "../../lib/inspect/score_matrix.ts";
import { pictureDecibelsSync } from "../../lib/inspect/mel_picture.ts";
import { spectrogram } from "../../lib/inspect/spectrogram.ts";
import wavefile from "wavefile";
import { encodePng } from "../../lib/ui/png.ts";
import { TwoDft } from "../../lib/models/two_dft.ts";
import { FIXTURES, NEEDS_UNIX, PROJECT, withFolder } from "../support.ts";

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
      [() => listen(undefined as never), /sounds that were found, but found undefined/],
      [
        () => listen([{ path: "a.wav" }] as never),
        /a finite score .* but found \{ path: "a\.wav" \}/,
      ],
      [
        () => listen([{ path: "a.wav", score: 1, start: 2, end: 1 }]),
        /a part that ends after it begins, but found/,
      ],
      [
        () => listen(Array.from({ length: 1000 }, () => ({ path: "a.wav", score: 1 }))),
        /at most 50 sounds but found 1000/,
      ],
      [() => listen({ path: "a.wav" }, { items, model: {} as never }), /a model that computes/],
      [
        () => listen({ path: "/gone.wav" }, { items, model: new TwoDft() }),
        /a recording at \/gone\.wav but found no file/,
      ],
      [
        () =>
          listen({ path: Object.values(queries)[0] }, {
            items,
            model: { computeSimilarities: () => Promise.resolve({}) } as never,
          }),
        /the model to give a finite score for bark_1\.wav but found undefined/,
      ],
      [() => listen(query, { ...sources, items: {} }), /the path of each item/],
      [
        () => listen(query, { ...sources, items: null as never }),
        /items as a record of paths by their ids but found null/,
      ],
      [
        () => listen(query, { ...sources, items: { ...items, "x.wav": 5 as never } }),
        /the path of x\.wav but found 5/,
      ],
      [
        () => listen([{ path: "a.wav", score: 1 }], { recording: {} as never }),
        /a recording with its path but found \{\}/,
      ],
      [
        () => showWorst({ results: [null] } as never, 1, sources),
        /whose results have a query, an item and a class but found null/,
      ],
      [() => showConfusion({ results: [{}] } as never, scores), /a class but found \{\}/],
      [() => showScores({ results: ["a"] } as never, scores), /a class but found "a"/],
      [() => showRanks(undefined as never), /an evaluation with queries/],
      [() => showFigures({ mrr: 1 } as never), /an evaluation with queries/],
      [
        () => embeddingMap(new TwoDft(), { items: { ...items, "x.wav": "/gone.wav" }, queries }),
        /^Expected x\.wav at \/gone\.wav but it is not there any more$/,
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
    // In a cell nobody checks types.
    const wrong = [null, 5, "top", []] as never[];
    for (const options of wrong) {
      const calls: (() => unknown)[] = [
        () => listen(query, options),
        () => listen([{ path: "a.wav", score: 1 }], options),
        () => listen({ path: "a.wav" }, options),
        () => showWorst(other, 1, options),
        () => spectrogram("a.wav", options),
        () => embeddingMap(new TwoDft(), options),
        () => playersPage([], options),
      ];
      for (const call of calls) cases.push([async () => await call(), /^Expected options as an/]);
    }
    for (const title of [null, 5, {}, () => "a"] as never[]) {
      const said = /^Expected title to be a text but found /;
      cases.push([() => spectrogram("a.wav", { title }), said]);
      cases.push([() => soundTable(title, []), said]);
    }
    const row = { role: "answer", name: "a", path: "a.wav" };
    for (const [name, kind] of Object.entries({ rank: "number", src: "text", class: "text" })) {
      cases.push([
        () => soundTable("title", [{ ...row, [name]: {} }]),
        RegExp(`^Expected ${name} to be a ${kind} but found {}$`),
      ]);
    }
    cases.push(
      [() => soundTable("title", [null] as never), /as an object but found null$/],
      [
        () => soundTable("title", null as never),
        /to be a list of sounds but found null/,
      ],
      [() => Promise.try(exactMatchLines, null as never), /an evaluation with queries/],
      [() => Promise.try(classwiseLines, {} as never), /an evaluation with queries/],
      [() => Promise.try(pythonRound, null as never), /a number to round but found null/],
      [() => listen(query, { ...sources, scores: 5 as never }), /scores to be a text but found 5/],
    );
    await assert.rejects(
      listen(query, { ...sources, scores: folder }),
      /^SimilaritiesError: Expected similarity scores but found a folder at /,
    );
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
  withFolder(async (folder) => {
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
      (_, i) => ({
        role: "answer",
        name: `${i}.wav`,
        path,
        rank: i + 1,
        score: 0.1234,
        class: "noise",
      }),
    );
    const table = await soundTable("a query", sounds);
    const html = playersPage(Array.from({ length: 10 }, () => table));
    // As it stands in a notebook.
    assert.ok(JSON.stringify(html).length < 5e6, `${JSON.stringify(html).length}`);
    const sound = Uint8Array.fromBase64(html.match(/base64,([^"]+)"><\/audio>/)![1]);
    assert.equal(new DataView(sound.buffer).getUint32(24, true), 8000);
    assert.equal(sound.length, 58 + 5 * 8000);
    assert.match(html, /<span>noise, the first 5 s of 10\.0 s<\/span>/);
  }));

Deno.test("pageSound() plays as much of the band as there is room for, and no more than there is", () => {
  const rate = (sampleRate: number, seconds: number, bytes?: number) => {
    const samples = Float32Array.from({ length: sampleRate * seconds }, (_, i) => Math.sin(i));
    const file = Uint8Array.fromBase64(pageSound({ samples, sampleRate }, bytes).split(",")[1]);
    const view = new DataView(file.buffer);
    assert.equal(view.getUint32(54, true), file.length - 58);
    return [view.getUint32(24, true), file.length - 58];
  };
  assert.deepEqual(rate(44_100, 1), [24_000, 24_000]);
  assert.deepEqual(rate(192_000, 2), [16_000, 32_000]);
  assert.deepEqual(rate(8000, 1), [8000, 8000]);
  assert.deepEqual(rate(44_100, 5), [8000, 40_000]);
  assert.deepEqual(rate(44_100, 5, 1000), [8000, 1000]);
});

Deno.test("a row shows what files are called, whatever that is, and sounds of all lengths", () =>
  withFolder(async (folder) => {
    const names = ["<img src=x onerror=alert(1)>.wav", "\"'&\u202e\n.wav", "犬 ñ 🐕.wav"];
    // Windows has no such files.
    const pathOf = (name: string, i: number) => join(folder, NEEDS_UNIX === "" ? name : `${i}.wav`);
    names.forEach((name, i) => {
      const wav = new wavefile.WaveFile();
      const rate = [8000, 192_000, 48_000][i], channels = [1, 1, 6][i];
      const sine = Float64Array.from(
        { length: [80, 192_000, 4800][i] },
        (_, i) => 9000 * Math.sin(i / 9),
      );
      wav.fromScratch(channels, rate, "16", Array.from({ length: channels }, () => sine));
      Deno.writeFileSync(pathOf(name, i), wav.toBuffer());
    });
    const html = await soundTable(
      "<b>",
      names.map((name, i) => ({ role: "answer", name, path: pathOf(name, i), class: "<i>" })),
    );
    // Nothing of a name is an element, or ends an attribute.
    const tags = html.match(/<[^>]*>/g)!.map((tag) => tag.match(/^<\/?\w+/)![0]);
    assert.deepEqual([...new Set(tags)].filter((tag) => !tag.startsWith("</")), [
      ...["<table", "<caption", "<tbody", "<tr", "<th", "<br", "<span", "<td", "<div", "<img"],
      "<audio",
    ]);
    assert.equal(html.match(/<img alt="Spectrogram of [^"<>]+" width="420"/g)!.length, 3);
    assert.match(html, /<span>&lt;img src=x onerror=alert\(1\)&gt;\.wav<\/span>/);
    assert.match(html, /<span>&lt;i&gt;, 0\.01 s<\/span>/);
    assert.match(html, /<span>&lt;i&gt;, 1 s<\/span>/);
    assert.match(html, /<span>&lt;i&gt;, 0\.1 s<\/span>/);
  }));

Deno.test("a row is a plain table where scripts, styles, sounds and pictures are taken out", async () => {
  const [[name, path]] = Object.entries(items);
  const html = playersPage([
    await soundTable("q.wav", [{
      role: "answer 1",
      name,
      path,
      rank: 2.5,
      score: 0.123456,
      class: "bark",
    }]),
  ]);
  const plain = html.replace(/<(script|style|audio)[\s\S]*?<\/\1>|<img[^>]*>/g, "")
    .replace(/<(\w+)[^>]*>/g, "<$1>");
  assert.equal(
    plain,
    "<div><table><caption>q.wav</caption><tbody><tr><th>answer 1<br><span>bark_1.wav</span><br>" +
      "<span>rank 2.5, score 0.1235</span><br><span>bark, 1.26 s</span></th><td><div></div></td>" +
      "<td></td></tr></tbody></table></div>",
  );
});

Deno.test("a row gives the ranks that the evaluation gives, ties and all", async () => {
  const truth = ["a", "b", "c"].map((name) => ({
    ...{ label: name, class: name, item: `${name}.wav`, query: `q_${name}.wav` },
  }));
  // One item is in the folder and not in the ground truth.
  const row = { "x.wav": 9, "a.wav": 1, "b.wav": 1, "c.wav": 5 };
  const scores = Object.fromEntries(truth.map(({ query }) => [query, row]));
  const { results } = await evaluate(Object.entries(scores), truth);
  const ranked = rank(row, new Set(results.map(({ item }) => item)));
  for (const result of results) {
    assert.equal(ranked.find(({ item }) => item === result.item)!.rank, result.rank);
  }
  assert.deepEqual(ranked.map(({ rank }) => rank), [1, 2.5, 2.5]);
});

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
  const sound = inMemory({ samples, sampleRate: 16_000 });
  const { data, rows, columns } = pictureDecibelsSync(sound);
  const { picture: { shape, values } } = JSON.parse(
    Deno.readTextFileSync(join(FIXTURES, "spectra.json")),
  );
  assert.deepEqual([rows, columns], shape);
  const step = Math.ceil(data.length / values.length);
  values.forEach((value: number, i: number) =>
    assert.ok(Math.abs(data[i * step] - value) < 1e-3, `${i * step}: ${data[i * step]}, ${value}`)
  );
});

Deno.test("a picture of a long sound is that of all of it, joined by the loudest", () => {
  const sampleRate = 8000, length = 130 * sampleRate;
  const samples = Float32Array.from(
    { length },
    (_, i) => Math.sin(i * (0.2 + i / length)) * (i % 4000) / 4000,
  );
  const sound = inMemory({ samples, sampleRate });
  const whole = melSpectrogram(resample(samples, sampleRate, 16_000), 16_000, {
    ...{ nFft: 1024, hopLength: 256, nMels: 96, fMax: 8000 },
  });
  const close = (found: Matrix, power: Float32Array) => {
    const { data } = powerToDb({ ...found, data: power }, { topDb: 70 });
    const furthest = data.reduce((far, x, i) => Math.max(far, Math.abs(x - found.data[i])), 0);
    assert.ok(furthest < 0.01, `${furthest} dB`);
  };
  const all = pictureDecibelsSync(sound);
  assert.deepEqual([all.rows, all.columns], [whole.rows, whole.columns]);
  close(all, whole.data);
  const joined = new Float32Array(96 * 400);
  whole.data.forEach((value, i) => {
    const band = Math.floor(i / whole.columns), frame = i % whole.columns;
    const at = band * 400 + Math.floor(frame * 400 / whole.columns);
    joined[at] = Math.max(joined[at], value);
  });
  close(pictureDecibelsSync(sound, 400), joined);
});

Deno.test("spectrogram() says what it can't draw, and names the times of sounds of any length", async () => {
  const tone = (length: number) => ({
    samples: Float32Array.from({ length }, (_, i) => Math.sin(i / 2)),
    sampleRate: 8000,
  });
  const cases: [() => Promise<string>, RegExp][] = [
    [
      () => spectrogram("/gone.wav"),
      /^ListenError: Expected a recording at \/gone\.wav but found no file$/,
    ],
    [() => spectrogram(FIXTURES), /^ListenError: Expected a recording at .* but found a folder$/],
    [() => spectrogram(undefined as never), /\{ samples, sampleRate \} but found undefined$/],
    [() => spectrogram(new Float32Array(9) as never), /but found samples without their rate$/],
    [
      () => spectrogram({ ...tone(9), sampleRate: 0 }),
      /but found \{ samples: .* sampleRate: 0 \}$/,
    ],
    [() => spectrogram({ ...tone(9), sampleRate: 1e-9 }), /sampleRate: 1e-9 \}$/],
    [
      () => spectrogram({ samples: Float32Array.of(0, NaN), sampleRate: 8000 }),
      /Expected finite samples to draw but found NaN at 1$/,
    ],
    [() => spectrogram(tone(800), { width: 1e9 }), /width to be a whole number from 100 to 4000/],
    [() => spectrogram(tone(800), { seconds: -1 }), /seconds to be more than 0 but found -1/],
  ];
  for (const [act, message] of cases) await assert.rejects(act, message);
  const times = async (length: number, options = {}) =>
    (await spectrogram(tone(length), options)).matchAll(/text-anchor="middle">([^<]+)</g)
      .map(([, time]) => time).toArray();
  assert.deepEqual(await times(80), ["0", "0.002", "0.004", "0.006", "0.008", "0.01"]);
  const day = await times(800, { seconds: 86_400 });
  assert.deepEqual(day.slice(0, 2), ["0", "14400"]);
  assert.equal(day.length, 7);
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

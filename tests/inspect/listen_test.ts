import assert from "node:assert/strict";
import { join } from "node:path";
import { evaluate } from "../../lib/challenge/evaluation.ts";
import { listItems, listQueries, toPaths } from "../../lib/challenge/dataset.ts";
import { readGroundTruth } from "../../lib/challenge/ground_truth.ts";
import { writeSimilarities } from "../../lib/challenge/similarities.ts";
import { seededRandom } from "../../lib/challenge/statistics.ts";
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
import { spectrogram } from "../../lib/inspect/spectrogram.ts";
import wavefile from "wavefile";
import { TwoDft } from "../../lib/models/two_dft.ts";
import { NEEDS_UNIX, PROJECT, withFolder } from "../support.ts";

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
    const wav = new wavefile.WaveFile(), random = seededRandom(1);
    // Nothing compresses worse.
    wav.fromScratch(
      1,
      44_100,
      "16",
      Array.from({ length: 441_000 }, () => 6e4 * random() - 3e4),
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
    // A class that is written from right to left does not turn the seconds around.
    const [path] = names.map(pathOf);
    const hebrew = await soundTable("", [{ role: "a", name: "b", path, class: "כלב" }]);
    assert.match(hebrew, /<span>\u2068כלב\u2069, 0\.01 s<\/span>/);
  }));

Deno.test("a row says where in its recording a moment is", () =>
  withFolder(async (folder) => {
    const wav = new wavefile.WaveFile(), path = join(folder, "long\u202e.wav");
    wav.fromScratch(1, 8000, "16", Int16Array.from({ length: 8000 * 150 }, (_, i) => i % 999));
    Deno.writeFileSync(path, wav.toBuffer());
    const row = async (part: { start?: number; end?: number }) => {
      const html = await soundTable("", [{ role: "found", name: "long\u202e.wav", path, ...part }]);
      return html.match(/<span>.*?<\/span>/g)!.map((text) => text.slice(6, -7));
    };
    // A name may turn the direction of what stands behind it.
    assert.deepEqual(await row({ start: 127.9, end: 129.9 }), ["long .wav", "at 2:07, 2 s"]);
    assert.deepEqual(await row({ start: 60, end: 75 }), [
      "long .wav",
      "at 1:00, the first 5 s of 15.0 s",
    ]);
    assert.deepEqual(await row({ start: 0, end: 2 }), ["long .wav", "2 s"]);
  }));

Deno.test("listen() asks a model that it is given, by a query of the data set and by a path", async () => {
  const [[query, path]] = Object.entries(queries);
  const asked: Record<string, string>[] = [];
  const model = {
    computeSimilarities(_: unknown, heard: Record<string, string>) {
      asked.push(heard);
      return {};
    },
  } as never;
  for (const given of [query, path, { path }]) {
    await assert.rejects(
      listen(given, { items, queries, model }),
      /^ListenError: Expected the model to give a finite score for bark_1\.wav but found undefined$/,
    );
  }
  assert.deepEqual(asked, Array(3).fill({ [query]: path }));
  await assert.rejects(
    listen("none.wav", { items, queries, model }),
    /Expected a recording at none\.wav but found no file/,
  );
});

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

import { ChirpZ } from "../audio/chirp_z.ts";
import { ConstantQ } from "../audio/cqt.ts";
import { fourierResampleStart } from "../audio/fourier_resample.ts";
import { openAudio } from "../audio/read_audio.ts";
import { EmbeddingModel } from "../embedding/embedding_model.ts";

const SAMPLE_RATE = 8000;
const SECONDS = 5;
/**
 * A compressed recording is decoded up to here: of a longer one, what comes later would change the
 * first seconds by the tails of a sinc function only, an embedding by 5e-6 at most (white noise).
 */
const DECODED_SECONDS = 180;

/**
 * The challenge's 2DFT baseline: the magnitude of the two-dimensional Fourier transform of a
 * constant-Q spectrogram, compared by cosine (P. Seetharaman, B. Pardo, "Cover song identification
 * with 2D Fourier transform sequences", ICASSP 2017; official implementation: qvim-aes/qvim-baseline).
 * It does not hear when something happens, nor at which absolute pitch.
 *
 * @example
 * ```ts
 * import { listItems, listQueries, toPaths, TwoDft } from "qvim";
 *
 * const items = toPaths(listItems("data/qvim-mini"));
 * const queries = toPaths(listQueries("data/qvim-mini").slice(0, 2));
 * const scores = await new TwoDft().computeSimilarities(items, queries);
 * ```
 */
export class TwoDft extends EmbeddingModel {
  /** This module: its `createModel` makes the model in the other processes. */
  protected override readonly workerModule: string = import.meta.url;
  #features?: TwoDftFeatures;

  /** The embedding of one file; see {@linkcode TwoDftFeatures}. */
  override async embedItem(path: string): Promise<Float32Array> {
    using sound = await openAudio(path, DECODED_SECONDS);
    this.#features ??= new TwoDftFeatures();
    const wanted = SECONDS * SAMPLE_RATE;
    const read = (start: number, count: number) => sound.read(start, count);
    return this.#features.compute(
      fourierResampleStart(read, sound.frames, sound.sampleRate, SAMPLE_RATE, wanted),
    );
  }

  /** Queries and items are embedded alike. */
  override embedQuery(path: string): Promise<Float32Array> {
    return this.embedItem(path);
  }
}

/** What a worker builds to embed files. */
export function createModel(): TwoDft {
  return new TwoDft();
}

/** The plans behind {@linkcode TwoDft}; they are built once. */
class TwoDftFeatures {
  readonly #cqt = new ConstantQ({
    sampleRate: SAMPLE_RATE,
    length: SECONDS * SAMPLE_RATE,
    fMin: 55,
    fMax: 2090,
    binsPerOctave: 12,
  });
  readonly #time = new ChirpZ({
    inputs: this.#cqt.frames,
    outputs: this.#cqt.frames,
    modulus: 2 * this.#cqt.frames,
    sign: -1,
  });
  readonly #bandDft = new RealRowsDft(this.#cqt.bins, this.#cqt.frames);

  /**
   * @param signal At 8 kHz, 5 s at most.
   * @returns Magnitudes of the 2-D DFT [shape=((bins + 1) / 2 · frames,)]. The spectrum of a real
   * picture is symmetric about its centre, so one half of the rows says all; a row that stands for
   * two is weighted by √2, and the cosine equals that of the whole, shifted or not.
   */
  compute(signal: Float32Array): Float32Array {
    const { frames } = this.#cqt;
    const rows = this.#bandDft.transform(this.#cqt.magnitudes(signal));
    const out = new Float32Array(rows.length * frames);
    rows.forEach((row, k) => {
      this.#time.load(row);
      this.#time.magnitudes(out, k * frames, k === 0 ? 1 : Math.SQRT2);
    });
    return out;
  }
}

/** The DFT over the rows of a real matrix, two columns at a time. */
class RealRowsDft {
  readonly #rows: number;
  readonly #columns: number;
  readonly #plan: ChirpZ;
  readonly #out: Float32Array[];

  /** @param columns An even number. */
  constructor(rows: number, columns: number) {
    this.#rows = rows;
    this.#columns = columns;
    this.#plan = new ChirpZ({ inputs: rows, outputs: rows, modulus: 2 * rows, sign: -1 });
    this.#out = Array.from(
      { length: Math.floor(rows / 2) + 1 },
      () => new Float32Array(2 * columns),
    );
  }

  /**
   * @param matrix Row by row [shape=(rows, columns)].
   * @returns The bins 0 … ⌊rows / 2⌋, each a row of pairs [shape=(2 columns,)]; reused by the next
   * call.
   */
  transform(matrix: Float32Array): Float32Array[] {
    const rows = this.#rows, columns = this.#columns, out = this.#out;
    const pair = new Float32Array(2 * rows), z = new Float32Array(2 * rows);
    for (let t = 0; t < columns; t += 2) {
      for (let j = 0; j < rows; j++) {
        pair[2 * j] = matrix[j * columns + t];
        pair[2 * j + 1] = matrix[j * columns + t + 1];
      }
      this.#plan.load(pair);
      this.#plan.values(z);
      // Two real columns went in as one complex one: the spectrum's even part is the first's, the
      // odd part the second's.
      for (let k = 0; k < out.length; k++) {
        const p = 2 * k, q = k === 0 ? 0 : 2 * (rows - k), row = out[k];
        row[2 * t] = (z[p] + z[q]) / 2;
        row[2 * t + 1] = (z[p + 1] - z[q + 1]) / 2;
        row[2 * t + 2] = (z[p + 1] + z[q + 1]) / 2;
        row[2 * t + 3] = (z[q] - z[p]) / 2;
      }
    }
    return out;
  }
}

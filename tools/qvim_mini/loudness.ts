import { readWav } from "../../lib/audio/wav.ts";
import { EmbeddingModel } from "../../lib/embedding/embedding_model.ts";

/** The toy of the README: twenty values of loudness. What it reaches is what a data set gives away. */
export class Loudness extends EmbeddingModel {
  override embedItem(path: string): Float32Array {
    const { samples } = readWav(path);
    const size = Math.ceil(samples.length / 20);
    return Float32Array.from({ length: 20 }, (_, i) => {
      const part = samples.subarray(i * size, (i + 1) * size);
      return Math.sqrt(part.reduce((sum, x) => sum + x * x, 0) / size);
    });
  }

  override embedQuery(path: string): Float32Array {
    return this.embedItem(path);
  }
}

import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { SoundFrames } from "./sound_frames.ts";
import { OnnxEncoder, OnnxError } from "../../onnx/encoder.ts";
import { encoderInput, INPUT_FRAMES, SOUND_ROWS } from "./encoder_input.ts";

/** The numbers of an embedding. */
export const EMBEDDING = 256;

const OWN_FOLDER = fileURLToPath(new URL(".", import.meta.url));

/** What is loaded of a folder: kind → network. */
type Networks = Map<string, Promise<OnnxEncoder>>;

/** The package's own, which all models of a process share: each takes a tenth of a second to load. */
const OWN: Networks = new Map();

/** The trained encoder: two networks that bring a sound and an imitation of it close together. */
export class SoundEncoder {
  readonly #networks: Networks;
  readonly #folder: string;

  /**
   * @param folder Where `item_encoder.onnx` and `query_encoder.onnx` are; the package's own unless given.
   * @throws {OnnxError} Where one of them is missing.
   */
  constructor(folder: string = OWN_FOLDER) {
    this.#networks = folder === OWN_FOLDER ? OWN : new Map();
    this.#folder = folder;
    for (const kind of ["item", "query"]) {
      if (!existsSync(join(folder, `${kind}_encoder.onnx`))) {
        throw new OnnxError(`Expected ${kind}_encoder.onnx in ${folder} but found none`);
      }
    }
  }

  /**
   * Listens to a sound once, and says what is to be said of it and of its beginnings.
   *
   * @param kind Which network listens: the one for items or the one for queries.
   * @param ends Where each view ends, in frames: the whole first, then beginnings; the whole unless given.
   * @returns A vector of length 1 for each view [shape=(views, EMBEDDING)].
   */
  async embed(
    kind: "item" | "query",
    frames: SoundFrames,
    ends: number[] = [frames.count],
  ): Promise<Float32Array[]> {
    const network = await this.#network(kind);
    const said = await network.embed({
      data: encoderInput(frames, ends),
      dims: [1, 1, SOUND_ROWS + ends.length, INPUT_FRAMES],
    });
    return ends.map((_, view) => said.slice(view * EMBEDDING, (view + 1) * EMBEDDING));
  }

  #network(kind: string): Promise<OnnxEncoder> {
    let network = this.#networks.get(kind);
    if (network === undefined) {
      const path = join(this.#folder, `${kind}_encoder.onnx`);
      // There is a process for each core: a network need not share itself out any further.
      network = OnnxEncoder.load(path, { threads: 1 });
      this.#networks.set(kind, network);
      // What stood in the way may be gone by the next sound.
      network.catch(() => this.#networks.delete(kind));
    }
    return network;
  }
}

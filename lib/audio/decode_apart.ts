/**
 * The processes that decode what is compressed. They stay for the next recording, which then need not
 * wait for one to start, and are thrown away where one has crashed, stood still or grown.
 */
import { type Decoded, Decoder, type DecodingRequest, IdleEnd } from "./decoder_process.ts";

/** Processes at a time; further recordings wait for one. */
const AT_A_TIME = Math.max(2, navigator.hardwareConcurrency);

/**
 * Decodes a recording in another process.
 *
 * @throws {AudioError} Where it is broken, or takes too long.
 * @throws {PackageError} Where the decoders can't be had.
 */
export async function decodeApart(request: DecodingRequest): Promise<Decoded> {
  while (true) {
    const decoder = await decoders.take();
    try {
      return await decoder.decode(request);
    } catch (error) {
      if (!(error instanceof IdleEnd)) throw error;
    } finally {
      decoders.giveBack(decoder);
    }
  }
}

/** All processes of this program. */
class Decoders {
  readonly #idle: Decoder[] = [];
  readonly #waiting: (() => void)[] = [];
  #taken = 0;

  /** A process for one recording; to be given back. */
  async take(): Promise<Decoder> {
    // Who gives back hands on the turn.
    if (this.#taken >= AT_A_TIME) await new Promise<void>((next) => this.#waiting.push(next));
    else this.#taken++;
    try {
      for (let decoder = this.#idle.pop(); decoder; decoder = this.#idle.pop()) {
        if (decoder.isGood) return decoder;
        decoder.close();
      }
      return new Decoder();
    } catch (error) {
      this.#handOn();
      throw error;
    }
  }

  giveBack(decoder: Decoder): void {
    if (decoder.isGood) {
      this.#idle.push(decoder);
      decoder.rest(() => this.#end(decoder));
    } else decoder.close();
    this.#handOn();
  }

  #end(decoder: Decoder): void {
    this.#idle.splice(this.#idle.indexOf(decoder), 1);
    decoder.close();
  }

  #handOn(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#taken--;
    else next();
  }
}

const decoders = new Decoders();

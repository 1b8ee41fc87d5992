/** An array inside the memory of a WebAssembly module. */
export class HeapArray<A extends Float32Array | Int32Array = Float32Array> {
  /** Where it begins, in bytes. */
  readonly pointer: number;
  readonly #makeView: () => A;
  #view: A;

  /** @param makeView Makes a view of its numbers, as the memory lies now. */
  constructor(pointer: number, makeView: () => A) {
    this.pointer = pointer;
    this.#makeView = makeView;
    this.#view = makeView();
  }

  /** Its numbers; a view that is good until the memory grows. */
  get view(): A {
    // A memory that grows moves, and leaves empty views behind.
    if (this.#view.length === 0) this.#view = this.#makeView();
    return this.#view;
  }
}

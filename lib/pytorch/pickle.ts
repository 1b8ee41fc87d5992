import { CheckpointError } from "./errors.ts";
import { OPCODES, type Step } from "./pickle_opcodes.ts";

/**
 * Reads pickles of the protocols 2 to 5 as data only: whatever a pickle asks to call or to import
 * becomes an inert record that says so. Nothing is ever called.
 */

/** A name that a pickle would import. */
export class PickleGlobal {
  constructor(readonly module: string, readonly qualifiedName: string) {}

  toString(): string {
    return `${this.module}.${this.qualifiedName}`;
  }
}

/** What a pickle would have made by calling something, left as the order to do so. */
export class PickleObject {
  /** What `BUILD` would have given it. */
  state?: unknown;
  /** What would have been appended, added or set. */
  readonly items: unknown[] = [];

  constructor(readonly callable: unknown, readonly args: unknown) {}
}

/** How some of what a pickle refers to becomes data. */
export interface PickleHooks {
  /** Turns a persistent id into a value. */
  persistentLoad(id: unknown): unknown;
  /** Turns a call into a value, or leaves it as an inert record by returning `undefined`. */
  reduce(callable: PickleGlobal, args: unknown[]): unknown;
}

/** No integer of a checkpoint has more bytes. */
const MAX_INTEGER_BYTES = 64;

const MARK = Symbol("mark");

/**
 * Reads the first pickle in `bytes`.
 *
 * @returns Dictionaries as `Map`, sets as `Set`, lists and tuples as arrays, integers as numbers
 * where these hold them and as bigints otherwise.
 * @throws {CheckpointError} Where the bytes are no pickle that could be such data.
 */
export function readPickle(bytes: Uint8Array, hooks: PickleHooks): unknown {
  try {
    return new PickleReader(bytes, hooks).read();
  } catch (error) {
    if (error instanceof CheckpointError) throw error;
    throw new CheckpointError(`Expected a pickle but found a broken one: ${error}`);
  }
}

class PickleReader {
  readonly #bytes: Uint8Array;
  readonly #hooks: PickleHooks;
  readonly #memo = new Map<number, unknown>();
  #stack: unknown[] = [];
  #at = 0;

  constructor(bytes: Uint8Array, hooks: PickleHooks) {
    this.#bytes = bytes;
    this.#hooks = hooks;
  }

  read(): unknown {
    while (true) {
      const at = this.#at;
      const opcode = this.#uint8();
      if (opcode === 0x2e) return this.#pop();
      const step = (OPCODES as Partial<Record<string, Step>>)[String.fromCharCode(opcode)];
      if (step === undefined) {
        throw new CheckpointError(
          `Expected an opcode of pickle protocol 2 to 5 at byte ${at} but found ${opcode}`,
        );
      }
      this.#steps[step]();
    }
  }

  readonly #steps: Record<Step, () => void> = {
    proto: () => {
      const protocol = this.#uint8();
      if (protocol > 5) throw this.#fail(`protocol 2 to 5 but found ${protocol}`);
    },
    frame: () => void this.#take(8),
    mark: () => void this.#stack.push(MARK),
    none: () => void this.#stack.push(null),
    true: () => void this.#stack.push(true),
    false: () => void this.#stack.push(false),
    binint: () => void this.#stack.push(viewOf(this.#take(4)).getInt32(0, true)),
    binint1: () => void this.#stack.push(this.#uint8()),
    binint2: () => void this.#stack.push(this.#unsigned(2)),
    long1: () => void this.#stack.push(this.#integer(this.#uint8())),
    long4: () => void this.#stack.push(this.#integer(this.#unsigned(4))),
    binfloat: () => void this.#stack.push(viewOf(this.#take(8)).getFloat64(0)),
    int: () => this.#textInteger(),
    long: () => this.#textInteger(),
    float: () => void this.#stack.push(Number(this.#line())),
    shortString: () => void this.#stack.push(latin1(this.#take(this.#uint8()))),
    string4: () => void this.#stack.push(latin1(this.#take(this.#unsigned(4)))),
    unicode1: () => this.#unicode(1),
    unicode4: () => this.#unicode(4),
    unicode8: () => this.#unicode(8),
    bytes1: () => void this.#stack.push(this.#take(this.#uint8())),
    bytes4: () => void this.#stack.push(this.#take(this.#unsigned(4))),
    bytes8: () => void this.#stack.push(this.#take(this.#unsigned(8))),
    emptyList: () => void this.#stack.push([]),
    emptyTuple: () => void this.#stack.push([]),
    emptyDict: () => void this.#stack.push(new Map()),
    emptySet: () => void this.#stack.push(new Set()),
    tuple: () => void this.#stack.push(this.#popToMark()),
    tuple1: () => this.#tuple(1),
    tuple2: () => this.#tuple(2),
    tuple3: () => this.#tuple(3),
    list: () => void this.#stack.push(this.#popToMark()),
    dict: () => {
      const items = this.#popToMark();
      const dict = new Map();
      this.#setItems(dict, items);
      this.#stack.push(dict);
    },
    frozenSet: () => void this.#stack.push(new Set(this.#popToMark())),
    pop: () => void this.#pop(),
    popMark: () => void this.#popToMark(),
    dup: () => void this.#stack.push(this.#top()),
    append: () => {
      const value = this.#pop();
      this.#append([value]);
    },
    appends: () => this.#append(this.#popToMark()),
    addItems: () => this.#append(this.#popToMark()),
    setItem: () => {
      const value = this.#pop(), key = this.#pop();
      this.#setItems(this.#top(), [key, value]);
    },
    setItems: () => {
      const items = this.#popToMark();
      this.#setItems(this.#top(), items);
    },
    get: () => this.#get(Number(this.#line())),
    binget: () => this.#get(this.#uint8()),
    longBinget: () => this.#get(this.#unsigned(4)),
    put: () => void this.#memo.set(Number(this.#line()), this.#top()),
    binput: () => void this.#memo.set(this.#uint8(), this.#top()),
    longBinput: () => void this.#memo.set(this.#unsigned(4), this.#top()),
    memoize: () => void this.#memo.set(this.#memo.size, this.#top()),
    global: () => {
      const module = this.#line();
      this.#stack.push(new PickleGlobal(module, this.#line()));
    },
    stackGlobal: () => {
      const name = this.#pop(), module = this.#pop();
      if (typeof name !== "string" || typeof module !== "string") {
        throw this.#fail("the name of a class");
      }
      this.#stack.push(new PickleGlobal(module, name));
    },
    reduce: () => {
      const args = this.#pop(), callable = this.#pop();
      this.#stack.push(this.#call(callable, args));
    },
    newObject: () => {
      const args = this.#pop(), callable = this.#pop();
      this.#stack.push(this.#call(callable, args));
    },
    newObjectEx: () => {
      const named = this.#pop(), args = this.#pop(), callable = this.#pop();
      this.#stack.push(new PickleObject(callable, [args, named]));
    },
    build: () => {
      const state = this.#pop(), target = this.#top();
      // Attributes of containers (torch gives its dictionaries some) are not data of the network.
      if (target instanceof PickleObject) target.state = state;
    },
    persistentId: () => void this.#stack.push(this.#hooks.persistentLoad(this.#line())),
    binPersistentId: () => void this.#stack.push(this.#hooks.persistentLoad(this.#pop())),
  };

  #call(callable: unknown, args: unknown): unknown {
    if (callable instanceof PickleGlobal && Array.isArray(args)) {
      return this.#hooks.reduce(callable, args) ?? new PickleObject(callable, args);
    }
    return new PickleObject(callable, args);
  }

  #append(values: unknown[]): void {
    const target = this.#top();
    if (target instanceof Set) { for (const value of values) target.add(value); }
    else if (Array.isArray(target)) { for (const value of values) target.push(value); }
    else if (target instanceof PickleObject) {
      for (const value of values) {
        target.items.push(value);
      }
    } else throw this.#fail("a list to append to");
  }

  #setItems(target: unknown, items: unknown[]): void {
    if (items.length % 2 !== 0) throw this.#fail("keys with values");
    for (let i = 0; i < items.length; i += 2) {
      if (target instanceof Map) target.set(items[i], items[i + 1]);
      else if (target instanceof PickleObject) target.items.push([items[i], items[i + 1]]);
      else throw this.#fail("a dictionary to set items of");
    }
  }

  #tuple(count: number): void {
    const values = Array.from({ length: count }, () => this.#pop()).reverse();
    this.#stack.push(values);
  }

  #get(index: number): void {
    if (!this.#memo.has(index)) throw this.#fail(`a memo of number ${index}`);
    this.#stack.push(this.#memo.get(index));
  }

  #top(): unknown {
    if (this.#stack.length === 0 || this.#stack.at(-1) === MARK) throw this.#fail("a value");
    return this.#stack.at(-1);
  }

  #pop(): unknown {
    const value = this.#top();
    this.#stack.pop();
    return value;
  }

  #popToMark(): unknown[] {
    const mark = this.#stack.lastIndexOf(MARK);
    if (mark < 0) throw this.#fail("a mark");
    const values = this.#stack.slice(mark + 1);
    this.#stack.length = mark;
    return values;
  }

  #take(size: number): Uint8Array {
    if (size > this.#bytes.length - this.#at) {
      throw this.#fail(`${size} more bytes but found ${this.#bytes.length - this.#at}`);
    }
    this.#at += size;
    return this.#bytes.subarray(this.#at - size, this.#at);
  }

  #uint8(): number {
    return this.#take(1)[0];
  }

  /** A little-endian unsigned number. */
  #unsigned(size: 2 | 4 | 8): number {
    const view = viewOf(this.#take(size));
    if (size === 2) return view.getUint16(0, true);
    return size === 4 ? view.getUint32(0, true) : Number(view.getBigUint64(0, true));
  }

  #unicode(size: 1 | 4 | 8): void {
    const length = size === 1 ? this.#uint8() : this.#unsigned(size);
    this.#stack.push(new TextDecoder().decode(this.#take(length)));
  }

  /** A little-endian integer in two's complement. */
  #integer(size: number): number | bigint {
    if (size > MAX_INTEGER_BYTES) {
      throw this.#fail(`integers of at most ${MAX_INTEGER_BYTES} bytes but found ${size}`);
    }
    const bytes = this.#take(size);
    let value = 0n;
    for (let i = size - 1; i >= 0; i--) value = value * 256n + BigInt(bytes[i]);
    if (size > 0 && bytes[size - 1] & 0x80) value -= 1n << BigInt(8 * size);
    return narrow(value);
  }

  #textInteger(): void {
    const text = this.#line().replace(/L$/, "");
    // Protocol 0 wrote its truth values so.
    if (text === "00" || text === "01") this.#stack.push(text === "01");
    else if (/^-?\d{1,100}$/.test(text)) this.#stack.push(narrow(BigInt(text)));
    else throw this.#fail(`an integer but found ${JSON.stringify(text.slice(0, 40))}`);
  }

  #line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at);
    if (end < 0) throw this.#fail("a line");
    const text = new TextDecoder().decode(this.#bytes.subarray(this.#at, end));
    this.#at = end + 1;
    return text;
  }

  #fail(what: string): CheckpointError {
    return new CheckpointError(`Expected ${what} at byte ${this.#at} of the pickle`);
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function narrow(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function latin1(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}

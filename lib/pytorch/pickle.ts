import { CheckpointError } from "./errors.ts";
import { latin1 } from "../io/bytes.ts";
import { PickleBytes, viewOf } from "./pickle_bytes.ts";
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

const MARK = Symbol("mark");

/** Opcodes of a pickle: a tensor takes some thirty, and each may ask for 200 bytes of memory. */
const MOST_STEPS = 2 ** 22;

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
  readonly #bytes: PickleBytes;
  readonly #hooks: PickleHooks;
  readonly #memo = new Map<number, unknown>();
  #stack: unknown[] = [];

  constructor(bytes: Uint8Array, hooks: PickleHooks) {
    this.#bytes = new PickleBytes(bytes);
    this.#hooks = hooks;
  }

  read(): unknown {
    for (let count = 0; count < MOST_STEPS; count++) {
      const { at } = this.#bytes;
      const opcode = this.#bytes.uint8();
      if (opcode === 0x2e) return this.#pop();
      const step = (OPCODES as Partial<Record<string, Step>>)[String.fromCharCode(opcode)];
      if (step === undefined) {
        throw new CheckpointError(
          `Expected an opcode of pickle protocol 2 to 5 at byte ${at} but found ${opcode}`,
        );
      }
      this.#steps[step]();
    }
    throw new CheckpointError(`Expected a pickle of at most ${MOST_STEPS} opcodes but found more`);
  }

  readonly #steps: Record<Step, () => void> = {
    proto: () => {
      const protocol = this.#bytes.uint8();
      if (protocol > 5) throw this.#bytes.fail(`protocol 2 to 5 but found ${protocol}`);
    },
    frame: () => void this.#bytes.take(8),
    mark: () => void this.#stack.push(MARK),
    none: () => void this.#stack.push(null),
    true: () => void this.#stack.push(true),
    false: () => void this.#stack.push(false),
    binint: () => void this.#stack.push(viewOf(this.#bytes.take(4)).getInt32(0, true)),
    binint1: () => void this.#stack.push(this.#bytes.uint8()),
    binint2: () => void this.#stack.push(this.#bytes.unsigned(2)),
    long1: () => void this.#stack.push(this.#bytes.integer(this.#bytes.uint8())),
    long4: () => void this.#stack.push(this.#bytes.integer(this.#bytes.unsigned(4))),
    binfloat: () => void this.#stack.push(viewOf(this.#bytes.take(8)).getFloat64(0)),
    int: () => void this.#stack.push(this.#bytes.textInteger()),
    long: () => void this.#stack.push(this.#bytes.textInteger()),
    float: () => void this.#stack.push(Number(this.#bytes.line())),
    shortString: () => void this.#stack.push(latin1(this.#bytes.take(this.#bytes.uint8()))),
    string4: () => void this.#stack.push(latin1(this.#bytes.take(this.#bytes.unsigned(4)))),
    unicode1: () => void this.#stack.push(this.#bytes.unicode(1)),
    unicode4: () => void this.#stack.push(this.#bytes.unicode(4)),
    unicode8: () => void this.#stack.push(this.#bytes.unicode(8)),
    bytes1: () => void this.#stack.push(this.#bytes.take(this.#bytes.uint8())),
    bytes4: () => void this.#stack.push(this.#bytes.take(this.#bytes.unsigned(4))),
    bytes8: () => void this.#stack.push(this.#bytes.take(this.#bytes.unsigned(8))),
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
    get: () => this.#get(Number(this.#bytes.line())),
    binget: () => this.#get(this.#bytes.uint8()),
    longBinget: () => this.#get(this.#bytes.unsigned(4)),
    put: () => void this.#memo.set(Number(this.#bytes.line()), this.#top()),
    binput: () => void this.#memo.set(this.#bytes.uint8(), this.#top()),
    longBinput: () => void this.#memo.set(this.#bytes.unsigned(4), this.#top()),
    memoize: () => void this.#memo.set(this.#memo.size, this.#top()),
    global: () => {
      const module = this.#bytes.line();
      this.#stack.push(new PickleGlobal(module, this.#bytes.line()));
    },
    stackGlobal: () => {
      const name = this.#pop(), module = this.#pop();
      if (typeof name !== "string" || typeof module !== "string") {
        throw this.#bytes.fail("the name of a class");
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
    persistentId: () => void this.#stack.push(this.#hooks.persistentLoad(this.#bytes.line())),
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
    } else throw this.#bytes.fail("a list to append to");
  }

  #setItems(target: unknown, items: unknown[]): void {
    if (items.length % 2 !== 0) throw this.#bytes.fail("keys with values");
    for (let i = 0; i < items.length; i += 2) {
      if (target instanceof Map) target.set(items[i], items[i + 1]);
      else if (target instanceof PickleObject) target.items.push([items[i], items[i + 1]]);
      else throw this.#bytes.fail("a dictionary to set items of");
    }
  }

  #tuple(count: number): void {
    const values = Array.from({ length: count }, () => this.#pop()).reverse();
    this.#stack.push(values);
  }

  #get(index: number): void {
    if (!this.#memo.has(index)) throw this.#bytes.fail(`a memo of number ${index}`);
    this.#stack.push(this.#memo.get(index));
  }

  #top(): unknown {
    if (this.#stack.length === 0 || this.#stack.at(-1) === MARK) throw this.#bytes.fail("a value");
    return this.#stack.at(-1);
  }

  #pop(): unknown {
    const value = this.#top();
    this.#stack.pop();
    return value;
  }

  #popToMark(): unknown[] {
    const mark = this.#stack.lastIndexOf(MARK);
    if (mark < 0) throw this.#bytes.fail("a mark");
    const values = this.#stack.slice(mark + 1);
    this.#stack.length = mark;
    return values;
  }
}

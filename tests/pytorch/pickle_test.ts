import assert from "node:assert/strict";
import { PickleGlobal, PickleObject, readPickle } from "../../lib/pytorch/pickle.ts";

const HOOKS = {
  persistentLoad: (id: unknown) => ({ id }),
  reduce: () => undefined,
};
const read = (bytes: number[] | Uint8Array) => readPickle(Uint8Array.from(bytes), HOOKS);
const hex = (text: string) => (text.match(/../g) ?? []).map((pair) => parseInt(pair, 16));
const ascii = (text: string) => [...new TextEncoder().encode(text)];

/** What CPython's `pickle.dumps` gives for the values beside it. */
const PICKLED: [what: string, bytes: number[], value: unknown][] = [
  [
    "protocol 2, nested containers",
    hex(
      "80027d71002858010000006171015d7102284b014afeffffff4d2c014a70110100473ff8000000000000655801000000627103884e5802000000c3a97104877105752e",
    ),
    new Map<string, unknown>([["a", [1, -2, 300, 70000, 1.5]], ["b", [true, null, "é"]]]),
  ],
  [
    "protocol 3, bytes and a long tuple",
    hex("80035d710028430200ff7101284b014b024b034b04747102652e"),
    [new Uint8Array([0, 255]), [1, 2, 3, 4]],
  ],
  [
    "protocol 4, text, bytes and a set",
    hex("80049514000000000000005d94288c017894430200ff948f94284b0190652e"),
    ["x", new Uint8Array([0, 255]), new Set([1])],
  ],
  [
    "protocol 5, a bytearray",
    hex("8005950d000000000000009602000000000000006162942e"),
    new Uint8Array([97, 98]),
  ],
  [
    "protocol 2, large and negative integers",
    hex("80025d7100288a090000000000000000404a80ffffff8a060000000000ff8a050000008000652e"),
    [2n ** 70n, -128, -(2 ** 40), 2 ** 31],
  ],
  [
    "protocol 0, numbers as text",
    hex("2849310a4930310a4c313039393531313632373737364c0a46312e350a7470300a2e"),
    [1, true, 2 ** 40, 1.5],
  ],
];

for (const [what, bytes, value] of PICKLED) {
  Deno.test(`readPickle() reads ${what}`, () => assert.deepEqual(read(bytes), value));
}

Deno.test("readPickle() leaves calls as inert records, os.system included", () => {
  const mark = Deno.makeTempFileSync();
  Deno.removeSync(mark);
  const command = ascii(`touch ${mark}`);
  // What pickle makes of an object whose __reduce__ returns (os.system, ("touch …",)).
  const bytes = [
    0x80,
    2,
    ...ascii("cposix\nsystem\n"),
    0x58,
    command.length,
    0,
    0,
    0,
    ...command,
    0x85,
    0x52,
    0x2e,
  ];
  const value = read(bytes);
  assert.ok(value instanceof PickleObject);
  assert.ok(value.callable instanceof PickleGlobal);
  assert.equal(String(value.callable), "posix.system");
  assert.deepEqual(value.args, [`touch ${mark}`]);
  assert.throws(() => Deno.statSync(mark), Deno.errors.NotFound);
});

Deno.test("readPickle() keeps the state and items of unknown objects", () => {
  // m.C(), then BUILD with {}, APPEND 1, SETITEM 2: 3.
  const steps = [0x29, 0x81, 0x7d, 0x62, 0x4b, 1, 0x61, 0x4b, 2, 0x4b, 3, 0x73, 0x2e];
  const value = read([...ascii("cm\nC\n"), ...steps]);
  assert.ok(value instanceof PickleObject);
  assert.deepEqual(value.state, new Map());
  assert.deepEqual(value.items, [1, [2, 3]]);
});

Deno.test("readPickle() shares what the memo holds", () => {
  // [a, a] with a = [].
  const bytes = [0x80, 2, 0x5d, 0x71, 0, 0x5d, 0x71, 1, 0x61, 0x68, 1, 0x61, 0x2e];
  const value = read(bytes) as unknown[];
  assert.equal(value.length, 2);
  assert.equal(value[0], value[1]);
});

for (
  const [what, bytes, message] of [
    ["nothing", [], /Expected 1 more bytes but found 0/],
    ["an opcode that is none", [0x80, 2, 0xff], /Expected an opcode .* at byte 2 but found 255/],
    ["a protocol of the future", [0x80, 9, 0x2e], /protocol 2 to 5 but found 9/],
    ["an empty stack", [0x80, 2, 0x2e], /Expected a value/],
    ["no mark", [0x80, 2, 0x4b, 1, 0x74, 0x2e], /Expected a mark/],
    ["an empty memo", [0x80, 2, 0x68, 5, 0x2e], /a memo of number 5/],
    [
      "text of 4 GB",
      [0x80, 2, 0x58, 0xff, 0xff, 0xff, 0xff, 1],
      /4294967295 more bytes but found 1/,
    ],
    ["bytes of 2^63", [0x80, 4, 0x8e, 0, 0, 0, 0, 0, 0, 0, 0x80], /more bytes but found 0/],
    [
      "an integer of a megabyte",
      [0x80, 2, 0x8b, 0, 0, 0x10, 0, 0x2e],
      /integers of at most 64 bytes/,
    ],
    ["a key without its value", [0x80, 2, 0x7d, 0x28, 0x4b, 1, 0x75, 0x2e], /keys with values/],
    ["a number to append to", [0x80, 2, 0x4b, 1, 0x4b, 2, 0x61, 0x2e], /a list to append to/],
    [
      "opcodes without end",
      new Uint8Array(2 ** 22 + 1).fill(0x4e),
      /a pickle of at most 4194304 opcodes but found more/,
    ],
    [
      "a class whose name is no text",
      [0x80, 4, 0x4b, 1, 0x4b, 2, 0x93, 0x2e],
      /the name of a class/,
    ],
  ] as [string, number[] | Uint8Array, RegExp][]
) {
  Deno.test(`readPickle() throws CheckpointError on ${what}`, () => {
    assert.throws(() => read(bytes), { name: "CheckpointError", message });
  });
}

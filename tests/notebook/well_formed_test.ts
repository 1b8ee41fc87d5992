import assert from "node:assert/strict";
import { OutputCollector } from "../../lib/notebook/outputs.ts";
import type { Output } from "../../lib/notebook/ipynb.ts";
import { wellFormed } from "../../lib/notebook/well_formed.ts";

Deno.test("wellFormed() leaves what a kernel sends as it is", () => {
  for (
    const [type, content] of [
      ["stream", { name: "stderr", text: "a" }],
      ["display_data", {
        data: { "text/plain": "a", "application/json": { a: [null] }, "x/y+json": 5 },
        metadata: { a: 1 },
        transient: { display_id: "d" },
      }],
      ["execute_result", { data: {}, metadata: {}, transient: {}, execution_count: 3 }],
      ["error", { ename: "a", evalue: "b", traceback: ["c"] }],
      ["status", { execution_state: "idle" }],
    ] as const
  ) assert.deepEqual(wellFormed(type, content), content);
});

/** What a cell may send, and what comes to the notebook of it. */
const ODD: [type: string, content: unknown, output: unknown][] = [
  ["stream", { name: "weird", text: 5 }, { output_type: "stream", name: "stdout", text: "5" }],
  ["stream", null, { output_type: "stream", name: "stdout", text: "" }],
  ["stream", { text: ["a", "b"] }, { output_type: "stream", name: "stdout", text: "ab" }],
  ["display_data", { data: null }, { output_type: "display_data", data: {}, metadata: {} }],
  ["display_data", [], { output_type: "display_data", data: {}, metadata: {} }],
  [
    "display_data",
    { data: { "text/plain": 5, "a/b": null, "": "x", "text/html": ["a", "b"] }, metadata: 1 },
    {
      output_type: "display_data",
      data: { "text/plain": "5", "text/html": "ab" },
      metadata: {},
    },
  ],
  ["execute_result", { data: { "text/plain": { a: 1 } }, execution_count: "x" }, {
    output_type: "execute_result",
    data: { "text/plain": '{"a":1}' },
    metadata: {},
    execution_count: null,
  }],
  ["error", { ename: 1, traceback: "x" }, {
    output_type: "error",
    ename: "1",
    evalue: "",
    traceback: [],
  }],
];

Deno.test("wellFormed() makes of what cells send something that a notebook can hold", () => {
  for (const [msg_type, content, expected] of ODD) {
    const outputs: Output[] = [];
    const collector = new OutputCollector();
    collector.startCell(outputs);
    const header = { msg_id: "", msg_type, session: "", username: "", date: "", version: "" };
    const message = {
      header,
      parent_header: {},
      metadata: {},
      content: wellFormed(msg_type, content),
    };
    collector.handle(message);
    assert.deepEqual(outputs, [expected]);
  }
  const update = wellFormed("update_display_data", { transient: { display_id: {} }, data: {} });
  assert.deepEqual(update, { data: {}, metadata: {}, transient: {} });
});

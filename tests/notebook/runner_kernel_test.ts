import assert from "node:assert/strict";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { readNotebook } from "../../lib/notebook/ipynb.ts";
import { Kernel } from "../../lib/notebook/kernel.ts";
import { CellTimeoutError } from "../../lib/notebook/kernel_errors.ts";
import { printCode } from "../../lib/notebook/late_errors.ts";
import { runNotebook } from "../../lib/notebook/runner.ts";
import { PROJECT, withFolder } from "../support.ts";
import { codeNotebook, codeNotebookText, run } from "./support.ts";

Deno.test("runNotebook() is told what is printed for it where a cell has put console.log away", async () => {
  const [, [heard]] = await run(codeNotebook(
    "{ console.log = () => {}; }",
    `${printCode("heard")} undefined;`,
  ));
  assert.deepEqual(heard, { output_type: "stream", name: "stdout", text: "heard\n" });
});

Deno.test("runNotebook() runs cells in order and gathers all kinds of outputs", async () => {
  const notebook = codeNotebook(
    'import { join } from "node:path";\nconst x: number = 20;\nconsole.log("a"); console.log("b");',
    'console.error("c"); const y = await Promise.resolve(x + 1); y',
    "const x = 2; // declared again\nx + y",
    `await Deno.jupyter.broadcast("display_data", {
      data: { "text/plain": "0 %" }, metadata: {}, transient: { display_id: "p" } });
    await Deno.jupyter.broadcast("update_display_data", {
      data: { "text/plain": "100 %" }, metadata: {}, transient: { display_id: "p" } });`,
    "join(Deno.cwd(), 'z').length > 2",
    "",
  );
  const shown: string[] = [];
  const outputs = await run(notebook, { onOutput: ({ header }) => shown.push(header.msg_type) });
  assert.deepEqual(outputs[0], [{ output_type: "stream", name: "stdout", text: "a\nb\n" }]);
  assert.deepEqual(outputs[1], [
    { output_type: "stream", name: "stderr", text: "c\n" },
    {
      output_type: "execute_result",
      data: { "text/plain": "21" },
      metadata: {},
      execution_count: 2,
    },
  ]);
  assert.deepEqual((outputs[2][0] as { data: unknown }).data, { "text/plain": "23" });
  assert.deepEqual(outputs[3], [
    { output_type: "display_data", data: { "text/plain": "100 %" }, metadata: {} },
  ]);
  assert.deepEqual((outputs[4][0] as { data: unknown }).data, { "text/plain": "true" });
  assert.deepEqual(notebook.cells.map((cell) => cell.execution_count), [1, 2, 3, 4, 5, null]);
  assert.deepEqual(shown.slice(0, 3), ["stream", "stream", "stream"]);
  const times = notebook.cells[0].metadata.execution as Record<string, string>;
  assert.deepEqual(Object.keys(times).sort(), [
    "iopub.execute_input",
    "iopub.status.busy",
    "iopub.status.idle",
    "shell.execute_reply",
  ]);
  assert.ok(times["iopub.status.busy"] <= times["shell.execute_reply"]);
});

Deno.test("runNotebook() gathers all that a cell prints, however much it is", async () => {
  const [[first], [second]] = await run(codeNotebook(
    'for (let i = 0; i < 3000; i++) console.log("x".repeat(1000));',
    'console.log("after")',
  )) as { text: string }[][];
  assert.equal(first.text.length, 3000 * 1001);
  assert.equal(second.text, "after\n");
});

Deno.test("runNotebook() keeps a result that waits for a long print, or says that messages came mixed up", async () => {
  const notebook = codeNotebook('console.log("x".repeat(20_000_000)); 1', "2");
  try {
    await run(notebook);
  } catch (error) {
    // Deno's kernel may write another message into one that its socket has not taken whole.
    assert.match(String(error), /^DeadKernelError: The kernel's messages came mixed up/);
    return;
  }
  const [outputs, [next]] = notebook.cells.map((cell) => cell.outputs!);
  assert.equal((outputs[0] as { text: string }).text.length, 20_000_001);
  const shown = { output_type: "execute_result", metadata: {} };
  assert.deepEqual(outputs.slice(1), [
    { ...shown, data: { "text/plain": "1" }, execution_count: 1 },
  ]);
  assert.deepEqual(next, { ...shown, data: { "text/plain": "2" }, execution_count: 2 });
});

Deno.test("runNotebook() runs in the folder it is given", () =>
  withFolder(async (folder) => {
    Deno.writeTextFileSync(join(folder, "local.ts"), "export const here: number = 42;");
    const notebook = codeNotebook('import { here } from "./local.ts";\nhere');
    await runNotebook(notebook, { cwd: folder });
    assert.deepEqual(
      (notebook.cells[0].outputs![0] as { data: unknown }).data,
      { "text/plain": "42" },
    );
  }));

/** What a package consists of that runs notebooks. */
const PACKAGE = ["cli.ts", "commands", "deno.json", "deno.lock", "helpers.ts", "lib"];

Deno.test("a notebook that imports a package leaves the lock as it is", () =>
  withFolder(async (folder) => {
    // In a copy of the package: other tests read its lock meanwhile.
    for (const name of PACKAGE) {
      cpSync(join(PROJECT, name), join(folder, name), { recursive: true });
    }
    const lock = join(folder, "deno.lock");
    const before = Deno.readTextFileSync(lock);
    // The lock knows this package under its pinned version alone.
    const notebook = codeNotebookText(
      'import "qvim";',
      'import progress from "npm:cli-progress"; typeof progress.Bar',
      `Deno.readTextFileSync(${JSON.stringify(lock)}).length`,
    );
    Deno.writeTextFileSync(join(folder, "n.ipynb"), notebook);
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "cli.ts", "run", "--no-types", "n.ipynb"],
      cwd: folder,
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
    const { cells } = readNotebook(join(folder, "output", "n.ipynb"));
    const [, imported, length] = cells.map(({ outputs }) => {
      const [output] = outputs!;
      return "data" in output ? output.data["text/plain"] : undefined;
    });
    assert.match(`${imported}`, /function/);
    // The cell after the import finds it mended, not only whoever looks after the run.
    assert.match(`${length}`, new RegExp(`\\b${before.length}\\b`));
    assert.equal(Deno.readTextFileSync(lock), before);
  }));

Deno.test("runNotebook() stops at a cell that fails and shows it", async () => {
  const notebook = codeNotebook(
    "1",
    'function f() { throw new RangeError("too far"); }\nf();',
    "3",
  );
  await assert.rejects(run(notebook), (error: Error) => {
    assert.equal(error.name, "CellError");
    assert.match(error.message, /^Cell 2 failed:\n {4}function f\(\)/);
    assert.match(error.message, /RangeError: too far\n +at f/);
    return true;
  });
  assert.equal(notebook.cells[1].outputs![0].output_type, "error");
  assert.deepEqual(notebook.cells[2].outputs, []);
});

for (
  const [what, code, message] of [
    ["a rejected promise", 'await Promise.reject(new Error("no"))', /Error: no/],
    ["a syntax error", "const = 3;", /Cell 1 failed/],
    ["a missing module", 'import "./none.ts";', /none\.ts/],
    ["a thrown value that is no error", 'throw "text"', /text/],
  ] as const
) {
  Deno.test(`runNotebook() reports ${what}`, async () => {
    await assert.rejects(run(codeNotebook(code)), { name: "CellError", message });
  });
}

Deno.test("runNotebook() tells a dead kernel from a time-out", async () => {
  await assert.rejects(run(codeNotebook("Deno.exit(3)")), (error: Error) => {
    assert.equal(error.name, "DeadKernelError");
    assert.match(error.message, /ended with exit status 3[^]*died in cell 1:\n {4}Deno\.exit/);
    return true;
  });
  await assert.rejects(run(codeNotebook('Deno.kill(Deno.pid, "SIGKILL")')), {
    name: "DeadKernelError",
    message: /ended by SIGKILL/,
  });
  await assert.rejects(run(codeNotebook("while (true) {}"), { cellTimeout: 0.5 }), {
    name: "CellTimeoutError",
    message: /A cell took longer than its 0\.5 s: cell 1:\n {4}while/,
  });
  // A slow machine comes to the second cell where there is more time.
  const never = codeNotebook("1", "await new Promise((r) => setTimeout(r, 600_000))");
  for (let timeout = 1;; timeout *= 2) {
    const error = await run(never, { timeout }).then(() => undefined, (error: Error) => error);
    assert.ok(error instanceof CellTimeoutError, `${error}`);
    assert.ok(error.message.startsWith(`The run took longer than its ${timeout} s, in cell `));
    if (error.message.includes("in cell 2:\n") || timeout > 60) {
      assert.match(error.message, /in cell 2:\n {4}await new Promise/);
      break;
    }
  }
});

Deno.test("runNotebook() ends at once when it is interrupted", async () => {
  const interruption = new AbortController();
  const notebook = codeNotebook('console.log("begun"); while (true) {}');
  const running = run(notebook, {
    signal: interruption.signal,
    onOutput: () => interruption.abort(),
  });
  await assert.rejects(running, { name: "InterruptedError" });
  assert.deepEqual(notebook.cells[0].outputs, [
    { output_type: "stream", name: "stdout", text: "begun\n" },
  ]);
});

Deno.test("Kernel.start() names a port that is taken", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const others = Array.from({ length: 4 }, () => Deno.listen({ hostname: "127.0.0.1", port: 0 }));
  const free = others.map((listener) => listener.addr.port);
  for (const listener of others) listener.close();
  await withFolder(async (cwd) => {
    await assert.rejects(
      Kernel.start({ cwd, ports: [taken.addr.port, ...free] }),
      (error: Error) => {
        assert.equal(error.name, "KernelStartError");
        assert.match(error.message, /one of the ports .* is taken/);
        assert.ok(error.message.includes(String(taken.addr.port)));
        return true;
      },
    );
  });
});

Deno.test("Kernel.execute() takes cells that stand in a row, and shows what they print and nothing else", async () => {
  const kernel = await Kernel.start({ cwd: Deno.cwd() });
  try {
    let text = "";
    const cells = Array.from({ length: 12 }, (_, i) => `console.log("cell", ${i});`);
    const sources = ['import { printUnderCells } from "qvim";', ...cells, "printUnderCells();"];
    await Promise.all(
      [...sources, ...cells].map((source) =>
        kernel.execute(source, ({ header, content }) => {
          if (header.msg_type === "stream") text += content.text;
        })
      ),
    );
    const expected = cells.map((_, i) => `cell ${i}\n`).join("");
    assert.equal(text, expected + expected);
  } finally {
    await kernel.kill();
  }
});

Deno.test("runNotebook() runs many times in a row, several at once", async () => {
  const one = async () => {
    const outputs = await run(codeNotebook("const a = 1;", "console.log(a + 1)", "a + 2"));
    assert.equal((outputs[1][0] as { text: string }).text, "2\n");
    assert.deepEqual((outputs[2][0] as { data: unknown }).data, { "text/plain": "3" });
  };
  for (let round = 0; round < 3; round++) await Promise.all([one(), one(), one()]);
});

Deno.test("runNotebook() says where a cell is no TypeScript", async () => {
  const notebook = codeNotebook("const a = 1;", "const b = 1;\nconst c = ;");
  await assert.rejects(run(notebook), {
    name: "CellError",
    message: /^Cell 2 failed: it is no TypeScript, at line 2, column 11: Unexpected token\n/,
  });
  const evalue = "it is no TypeScript, at line 2, column 11: Unexpected token";
  assert.deepEqual(notebook.cells[1].outputs, [
    { output_type: "error", ename: "SyntaxError", evalue, traceback: [`SyntaxError: ${evalue}`] },
  ]);
});

Deno.test("runNotebook() says why a cell fails of which the kernel shows nothing", async () => {
  // No package is called so. A promise that nothing settles fails in the same way, after half a minute.
  const source = 'import x from "npm:@/b@1";';
  const notebook = codeNotebook('console.log("begun");', source);
  const evalue =
    "the kernel says only that it failed: it waits for a promise that nothing settles, " +
    "imports a package that can't be had, or is no TypeScript";
  await assert.rejects(run(notebook), {
    name: "CellError",
    message: `Cell 2 failed: ${evalue}\n    ${source}`,
  });
  assert.deepEqual(notebook.cells[1].outputs, [
    { output_type: "error", ename: "Error", evalue, traceback: [`Error: ${evalue}`] },
  ]);
});

Deno.test("runNotebook() shows what throws after its cell, and goes on", async () => {
  const outputs = await run(codeNotebook(
    'setTimeout(() => { throw new Error("late timer"); }, 20);',
    'Promise.reject(new Error("late promise"));',
    // A dead thread does nothing after this, and the kernel ends the cell without a word in half a minute.
    'await new Promise((resolve) => setTimeout(resolve, 200)); "went on"',
    '"still here"',
  ));
  const text = JSON.stringify(outputs.slice(0, 3));
  assert.match(text, /Error that no cell caught, started by cell 1: Error: late timer/);
  assert.match(text, /Error that no cell caught: Error: late promise/);
  assert.match(text, /went on/);
  assert.match(JSON.stringify(outputs[3]), /still here/);
});

Deno.test("runNotebook() goes on after a cell whose tag says that it fails", async () => {
  const notebook = codeNotebook('throw new Error("expected");', "const = 1;", "1 + 1");
  for (const cell of notebook.cells.slice(0, 2)) cell.metadata.tags = ["raises-exception"];
  const errors: string[] = [];
  const [first, second, third] = await run(notebook, {
    onExpectedError: ({ message }) => errors.push(message),
  });
  assert.equal(first[0].output_type, "error");
  assert.equal(second[0].output_type, "error");
  assert.match(JSON.stringify(third), /"text\/plain":"2"/);
  assert.match(errors[0], /^Cell 1 failed:[^]*Error: expected/);
  assert.match(errors[1], /^Cell 2 failed: it is no TypeScript, at line 1, column 7/);
});

const isLinux = Deno.build.os === "linux";

Deno.test("runNotebook() keeps what was printed just before Deno.exit()", async () => {
  const notebook = codeNotebook('console.log("just before"); Deno.exit(3);');
  await assert.rejects(run(notebook), { message: /ended with exit status 3/ });
  assert.deepEqual(notebook.cells[0].outputs, [
    { output_type: "stream", name: "stdout", text: "just before\n" },
  ]);
});

Deno.test({
  name: `runNotebook() keeps it also where a cell has emptied the folder for temporary files${
    isLinux ? "" : " (needs Linux)"
  }`,
  ignore: !isLinux,
  fn: async () => {
    const notebook = codeNotebook(
      `const own = Deno.readTextFileSync("/proc/self/cmdline").match(/\\/[^\\0]*qvim-kernel-\\w+/)![0];
Deno.removeSync(own, { recursive: true });`,
      'console.log("just before"); Deno.exit(3);',
    );
    await assert.rejects(run(notebook), { message: /ended with exit status 3/ });
    assert.deepEqual(notebook.cells[1].outputs, [
      { output_type: "stream", name: "stdout", text: "just before\n" },
    ]);
  },
});

Deno.test("runNotebook() keeps all that was printed just before an exit, however much it is", async () => {
  for (const exit of ["Deno.exit(3)", "(await import('node:process')).exit(3)"]) {
    const notebook = codeNotebook(`for (let i = 0; i < 8_000; i++) console.log(i); ${exit};`);
    await assert.rejects(run(notebook), { message: /ended with exit status 3/ });
    const [output] = notebook.cells[0].outputs! as { text: string }[];
    const numbers = Array.from({ length: 8_000 }, (_, i) => `${i}\n`);
    assert.ok(output.text === numbers.join(""), output.text.slice(-100));
  }
});

Deno.test("runNotebook() shows the error of a worker, which comes as a text alone", async () => {
  await withFolder(async (folder) => {
    const heard = join(folder, "heard");
    // Until it has failed: who asked it would have caught its error.
    const code = `const code = new Blob(["throw new RangeError('in a worker')"]);
      new Worker(URL.createObjectURL(code), { type: "module" });
      const isHeard = () => Deno.stat(${JSON.stringify(heard)}).then(() => true, () => false);
      for (let i = 0; i < 6000 && !await isHeard(); i++) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }`;
    const [[output]] = await run(codeNotebook(code), {
      onOutput: () => Deno.writeTextFileSync(heard, ""),
    }) as { text: string }[][];
    assert.match(
      output.text,
      /^Error that no cell caught: Uncaught .*RangeError: in a worker\n +at /,
    );
  });
});

import assert from "node:assert/strict";
import { join } from "node:path";
import { readNotebook } from "../../../lib/notebook/ipynb.ts";
import { checkTypes } from "../../../lib/organizer/verify/types.ts";
import { joinCells } from "../../../lib/organizer/verify/program.ts";
import { PROJECT, withFolder, writeFiles } from "../../support.ts";

const TEMPLATE = readNotebook(join(PROJECT, "notebooks", "template.ipynb"));

/** The template with code in its step 3, as a program. */
function programWith(code: string) {
  const notebook = structuredClone(TEMPLATE);
  notebook.cells.find(({ id }) => id === "implementation")!.source += `\n${code}`;
  return joinCells(notebook);
}

Deno.test("checkTypes() finds in each of several notebooks what it finds in that one alone", () =>
  withFolder(async (folder) => {
    writeFiles(folder, {
      // Named as the files that notebooks were checked in.
      "notebook_0.ts": "\nexport const wrong: string = 3;\n",
      "notebook_9.ts": "export const wrong: string = 3;\n",
      "right.ts": "export type Rank = number;\n",
      "globals.ts":
        "declare global { interface String { given(): void } }\nexport type None = never;",
    });
    const codes = [
      `"x".given();`,
      `declare global { interface String { given(): void } }\n"x".given();`,
      `import type { None } from "./globals.ts";\n"x".given();` +
      `import { wrong } from "./notebook_0.ts";\nconsole.log(wrong);` +
      `import { wrong as other } from "./notebook_9.ts";\nconsole.log(other);` +
      `import type { Rank } from "./right.ts";\nconst rank: Rank = "1";` +
      `const next: import("./right.ts").Rank = 1;`,
    ];
    const programs = codes.map((code) => ({ program: programWith(code), folder }));
    const found = await checkTypes(programs, PROJECT);
    const notString = "TS2322: Type 'number' is not assignable to type 'string'.";
    const messages = found.map((findings) => findings.map(({ message }) => message));
    assert.deepEqual(messages, [
      [`TS2339: Property 'given' does not exist on type '"x"'.`],
      [],
      [
        "TS2322: Type 'string' is not assignable to type 'number'.",
        `notebook_0.ts, line 2: ${notString}`,
        `notebook_9.ts, line 1: ${notString}`,
      ],
    ]);
    assert.equal(TEMPLATE.cells[found[0][0].cell! - 1].id, "implementation");
  }));

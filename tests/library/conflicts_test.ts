import assert from "node:assert/strict";
import { reaching } from "../../lib/library/conflicts.ts";

Deno.test("reaching() says where the format of a disk may be the reason, and not otherwise", async () => {
  // As LanceDB says it on exFAT.
  const refusal = "Generic LocalFileSystem error: Unable to rename file: Operation not permitted";
  for (const [said, hint] of [[refusal, "; disks in the formats FAT and exFAT"], ["no such", ""]]) {
    const error = Object.assign(new Error(said), { code: "GenericFailure" });
    await assert.rejects(
      reaching("/stick/library", () => Promise.reject(error)),
      (thrown: Error) => {
        const start = "Expected to read and write the library in /stick/library but found: ";
        assert.ok(thrown.message.startsWith(`${start}${said}${hint}`), thrown.message);
        assert.equal(thrown.message.includes("exFAT"), hint !== "");
        return true;
      },
    );
  }
});

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

Deno.test("reaching() says what to do about a library that is damaged, and not where the system refused", async () => {
  const told = async (library: string, said: string) => {
    const error = Object.assign(new Error(said), { code: "GenericFailure" });
    try {
      await reaching(library, () => Promise.reject(error));
    } catch (thrown) {
      return (thrown as Error).message;
    }
  };
  const start = "Expected to read and write the library in ";
  assert.equal(
    await told(
      "output/library",
      "lance error: Caused by: file size is too small, /x/reader.rs:1:2",
    ),
    `${start}output/library but found: file size is too small; if it is damaged, remove that ` +
      "folder and index again: what was heard is all that is in it",
  );
  for (
    const [library, said] of [
      ["output/library", "No space left on device (os error 28)"],
      ["s3://bucket/library", "file size is too small"],
      // Nor where it was asked for what there can't be.
      ["output/library", "Error resolving filter expression: Invalid user input: channels = 1e9"],
    ]
  ) assert.equal(await told(library, said), `${start}${library} but found: ${said}`);
});

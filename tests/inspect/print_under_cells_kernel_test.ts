import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { Kernel } from "../../lib/notebook/kernel.ts";
import { untilPublished } from "../../lib/notebook/published.ts";
import { ZmtpSocket } from "../../lib/notebook/zmtp.ts";
import { PROJECT } from "../support.ts";

/** More than the buffers of a connection hold. */
const PICTURES = 6, CHARACTERS = 4_000_000;

Deno.test("what a cell shows stays its own where a front end is slow to read", async () => {
  const kernel = await Kernel.start({ cwd: PROJECT });
  const shown: Record<string, string[]> = { first: [], second: [] };
  const run = (name: string, source: string) =>
    kernel.execute(source, ({ header, content }) => {
      if (header.msg_type === "display_data") shown[name].push(content.data["text/plain"][0]);
      if (header.msg_type === "stream") shown[name].push(content.text);
    });
  try {
    await run("first", 'import { display, printUnderCells } from "qvim"; printUnderCells();');
    const slow = await ZmtpSocket.connect(kernel.ports[1], "SUB");
    const cells = [
      run(
        "first",
        `for (let i = 0; i < ${PICTURES}; i++) {
  await display({ "text/plain": String(i).repeat(${CHARACTERS}) });
}
console.log("last");`,
      ),
      run("second", 'console.log("second");'),
    ];
    await delay(1500);
    (async () => {
      while (await slow.receive() !== null);
    })();
    await Promise.all(cells);
    slow.close();
    assert.deepEqual(shown, {
      first: [...Array.from({ length: PICTURES }, (_, i) => String(i)), "last\n"],
      second: ["second\n"],
    });
  } finally {
    await kernel.kill();
  }
});

Deno.test("untilPublished() can't tell outside of a kernel, and gives up at once", async () => {
  assert.equal(await untilPublished(() => assert.fail("there is no kernel to mark")), false);
});

import assert from "node:assert/strict";
import { pause } from "../../lib/io/pause.ts";
import { within } from "../../lib/io/within.ts";

Deno.test("within() gives what comes in time, what is thrown in time, and undefined for what does not", async () => {
  assert.equal(await within(60_000, Promise.resolve("there")), "there");
  await assert.rejects(within(60_000, Promise.reject(new RangeError("no"))), RangeError);
  assert.equal(await within(10, new Promise(() => {})), undefined);
});

Deno.test("within() hears what came while this process stood still", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const [reader, writer] = await Promise.all([
    Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port }),
    listener.accept(),
  ]);
  const read = reader.read(new Uint8Array(1));
  const heard = within(200, read);
  await writer.write(new Uint8Array(1));
  // All of the time is gone when it looks for the first time.
  pause(500);
  assert.equal(await heard, 1);
  for (const connection of [reader, writer]) connection.close();
});

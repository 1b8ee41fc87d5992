import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { KernelConnection } from "../../lib/notebook/kernel_connection.ts";
import { MessageCodec } from "../../lib/notebook/message.ts";
import { type SocketType, ZmtpSocket } from "../../lib/notebook/zmtp.ts";

const GREETING = [0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0, 0x4e, 0x55, 0x4c, 0x4c];

/** Reads exactly `size` bytes. */
async function readBytes(connection: Deno.TcpConn, size: number): Promise<Uint8Array> {
  const out = new Uint8Array(size);
  let filled = 0;
  while (filled < size) filled += await connection.read(out.subarray(filled)) ?? NaN;
  return out;
}

/** Shakes hands from the other side, byte by byte as the standard says. */
async function shakeHands(connection: Deno.TcpConn, type: SocketType) {
  const greeting = await readBytes(connection, 64);
  assert.deepEqual([...greeting], [...GREETING, ...Array(48).fill(0)]);
  await connection.write(greeting);
  const [flags, size] = await readBytes(connection, 2);
  assert.equal(flags, 4);
  const command = new TextDecoder().decode(await readBytes(connection, size));
  assert.ok(
    command.startsWith(
      `\x05READY\x0bSocket-Type\0\0\0${String.fromCharCode(type.length)}${type}`,
    ),
  );
  await connection.write(new Uint8Array([4, 6, 5, ...new TextEncoder().encode("READY")]));
}

/** Plays the other side: shakes hands, then calls `play`. */
async function withPeer(
  type: SocketType,
  play: (connection: Deno.TcpConn) => Promise<void>,
  use: (socket: ZmtpSocket) => Promise<void>,
) {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const peer = (async () => {
    using connection = await listener.accept();
    await shakeHands(connection, type);
    await play(connection);
  })();
  const socket = await ZmtpSocket.connect(listener.addr.port, type, "me");
  try {
    await use(socket);
  } finally {
    socket.close();
    await peer;
  }
}

Deno.test("ZmtpSocket sends short and long frames as the standard lays them out", () =>
  withPeer("DEALER", async (connection) => {
    assert.deepEqual([...await readBytes(connection, 5)], [1, 3, 7, 8, 9]);
    assert.deepEqual([...await readBytes(connection, 9)], [2, 0, 0, 0, 0, 0, 0, 1, 44]);
    assert.equal((await readBytes(connection, 300)).every((byte) => byte === 5), true);
  }, (socket) => socket.send([new Uint8Array([7, 8, 9]), new Uint8Array(300).fill(5)])));

Deno.test("ZmtpSocket receives messages in pieces, passes over commands, and sees the end", () =>
  withPeer("DEALER", async (connection) => {
    const bytes = [4, 2, 1, 80, 1, 1, 65, 2, 0, 0, 0, 0, 0, 0, 0, 2, 66, 67, 0, 0];
    for (const byte of bytes) await connection.write(new Uint8Array([byte]));
  }, async (socket) => {
    assert.deepEqual((await socket.receive())!.map((frame) => [...frame]), [[65], [66, 67]]);
    assert.deepEqual((await socket.receive())!.map((frame) => [...frame]), [[]]);
    assert.equal(await socket.receive(), null);
  }));

Deno.test("ZmtpSocket subscribes to everything before it is handed out", () =>
  withPeer("SUB", async (connection) => {
    assert.deepEqual([...await readBytes(connection, 3)], [0, 1, 1]);
  }, async () => {}));

Deno.test("ZmtpSocket refuses a peer that speaks something else", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const peer = (async () => {
    using connection = await listener.accept();
    await connection.write(new TextEncoder().encode("HTTP/1.1 400 Bad Request\r\n".repeat(4)));
    await readBytes(connection, 64);
  })();
  await assert.rejects(ZmtpSocket.connect(listener.addr.port, "REQ"), /Expected a ZMTP 3 greeting/);
  await peer;
});

Deno.test("MessageCodec signs as the Jupyter protocol does, and drops what is not signed so", () => {
  const codec = new MessageCodec("a0436f6c-1916-498b-8eb9-e81ab9368e84");
  const message = codec.create("execute_request", { code: "1 + 1" });
  const frames = codec.encode(message);
  assert.equal(new TextDecoder().decode(frames[0]), "<IDS|MSG>");
  assert.match(new TextDecoder().decode(frames[1]), /^[0-9a-f]{64}$/);
  const routed = [new Uint8Array([1, 2]), ...frames];
  assert.deepEqual(codec.decode(routed), message);
  assert.equal(new MessageCodec("other key").decode(routed), null);
  const changed = frames.map((frame) => frame.slice());
  changed[5][3] ^= 1;
  assert.equal(codec.decode(changed), null);
  assert.equal(codec.decode(frames.slice(0, 4)), null);
});

Deno.test("MessageCodec drops what is signed and is no message: a cell can find the key", () => {
  const key = "of the test", codec = new MessageCodec(key);
  const signed = (header: string, parent: string) => {
    const parts = [header, parent, "[]", "null"];
    const hmac = createHmac("sha256", key);
    for (const part of parts) hmac.update(part);
    return ["<IDS|MSG>", hmac.digest("hex"), ...parts].map((part) =>
      new TextEncoder().encode(part)
    );
  };
  for (const header of ["null", "5", "{}", '{"msg_id":1,"msg_type":"status"}', "no JSON"]) {
    assert.equal(codec.decode(signed(header, "{}")), null, header);
  }
  const header = { msg_id: "a", msg_type: "status" };
  assert.deepEqual(codec.decode(signed(JSON.stringify(header), "null")), {
    ...{ header, parent_header: {}, metadata: {}, content: {} },
  });
});

Deno.test("KernelConnection says where what a kernel sends is mixed up, and hears no more of it", async () => {
  const listeners = Array.from(
    { length: 5 },
    () => Deno.listen({ hostname: "127.0.0.1", port: 0 }),
  );
  const key = "of the test", codec = new MessageCodec(key);
  const signed = codec.encode(codec.create("status", {})).flatMap((frame, i, frames) => [
    ...[i < frames.length - 1 ? 3 : 2, 0, 0, 0, 0, 0, 0],
    ...[frame.length >> 8, frame.length & 255, ...frame],
  ]);
  const [shell, iopub, , control, heartbeat] = listeners;
  const peers =
    ([[shell, "DEALER"], [iopub, "SUB"], [control, "DEALER"], [heartbeat, "REQ"]] as const)
      .map(async ([listener, type]) => {
        const connection = await listener.accept();
        await shakeHands(connection, type);
        if (listener === shell || listener === iopub) {
          await connection.write(Uint8Array.from(signed));
        }
        return connection;
      });
  const heard: string[] = [];
  const garbled = Promise.withResolvers<Error>();
  const connection = new KernelConnection(key, {
    hasEnded: () => false,
    death: new Promise(() => {}),
    onGarbled: garbled.resolve,
    onLost: () => heard.push("lost"),
  });
  await connection.listening(
    ({ header }, channel) => heard.push(`${channel} ${header.msg_type}`),
    async () => {
      await connection.open(listeners.map(({ addr }) => addr.port), 10_000);
      // Signed by somebody else, as it looks where another message's text stands in it.
      await (await peers[1]).write(Uint8Array.from(signed.with(-1, 0)));
      // The size of a frame, as another message's text in its place makes it.
      await (await peers[1]).write(new TextEncoder().encode("\x02xxxxxxxx"));
      assert.match((await garbled.promise).message, /a frame of at most \d+ bytes but found 8680/);
    },
  );
  assert.deepEqual(heard.sort(), ["iopub status", "lost", "shell status"]);
  connection.close();
  for (const peer of await Promise.all(peers)) peer.close();
  for (const listener of listeners) listener.close();
});

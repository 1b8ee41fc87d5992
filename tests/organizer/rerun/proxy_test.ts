import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { allowedHost, isPublic, SetupProxy } from "../../../lib/organizer/rerun/proxy.ts";
import { hasBubblewrap } from "../../../lib/organizer/rerun/sandbox.ts";
import { NEEDS_UNIX, until, withFolder } from "../../support.ts";

Deno.test("isPublic() knows what is no part of the public internet", () => {
  for (
    const address of [
      ...["1.1.1.1", "8.8.8.8", "2606:4700::1111", "2001:4860:4860::8888", "2001:200::1"],
    ]
  ) assert.ok(isPublic(address), address);
  for (
    const address of [
      ...["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0"],
      ...["100.64.0.1", "224.0.0.1", "255.255.255.255"],
      ...["::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1"],
      ...["::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:8.8.8.8", "64:ff9b::7f00:1"],
      ...["2002:7f00:1::", "2001:0:1::1", "2001:10::1", "2001:1ff::1", "2001:db8::1", "x"],
    ]
  ) assert.ok(!isPublic(address), address);
});

/** What a proxy that may lead to `allowed` answers to heads of requests, one after the other. */
async function answers(allowed: string[], heads: string[]): Promise<string[]> {
  return await withFolder(async (folder) => {
    const path = join(folder, "socket");
    const proxy = new SetupProxy(path, allowed);
    const found: string[] = [];
    for (const head of heads) {
      using client = await Deno.connect({ transport: "unix", path });
      await client.write(new TextEncoder().encode(`${head} HTTP/1.1\r\n\r\n`));
      const buffer = new Uint8Array(200);
      const count = await client.read(buffer);
      found.push(new TextDecoder().decode(buffer.subarray(0, count ?? 0)).split("\r\n")[0]);
    }
    proxy.close();
    return found;
  });
}

/** Its socket is a file. */
const ignore = NEEDS_UNIX !== "";

Deno.test(`SetupProxy leads to no private address, however it is written${NEEDS_UNIX}`, {
  ignore,
}, async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const within = [
    ...["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "169.254.169.254"],
    // Other ways to write 127.0.0.1, and a name that stands for it.
    ...["0x7f.1", "2130706433", "0177.0.0.1", "127.1", "localhost", "LOCALHOST"],
  ].map((host) => `CONNECT ${host}:443`);
  const other = ["GET http://1.1.1.1/", "POST https://1.1.1.1/", `CONNECT 1.1.1.1:${port}`];
  const odd = ["CONNECT", "CONNECT x", "CONNECT 1.1.1.1:443:22", "CONNECT a@127.0.0.1:443"];
  const found = await answers([], [...within, ...other, ...odd]);
  assert.deepEqual(found, [
    ...within.map(() => "HTTP/1.1 403 No public address"),
    ...["HTTP/1.1 403 Only HTTPS", "HTTP/1.1 403 Only HTTPS", "HTTP/1.1 403 Only port 443"],
    ...odd.map(() => "HTTP/1.1 403 Only HTTPS"),
  ]);
});

Deno.test(
  `SetupProxy leads to a private address only where it is named with its port${NEEDS_UNIX}`,
  {
    ignore,
  },
  async () => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    const heads = [`CONNECT localhost:443`, `CONNECT localhost:${port}`, `CONNECT 1.1.1.1:443`];
    assert.deepEqual(await answers(["localhost"], heads), [
      "HTTP/1.1 403 No public address",
      "HTTP/1.1 403 Only port 443",
      "HTTP/1.1 403 Host not allowed",
    ]);
    assert.deepEqual(await answers([`localhost:${port}`], heads), [
      "HTTP/1.1 403 Host not allowed",
      "HTTP/1.1 200 OK",
      "HTTP/1.1 403 Host not allowed",
    ]);
  },
);

Deno.test(
  `SetupProxy holds as many connections as it can serve, and ends all when it is closed${NEEDS_UNIX}`,
  {
    ignore,
  },
  async () => {
    await withFolder(async (folder) => {
      const path = join(folder, "socket");
      const proxy = new SetupProxy(path);
      const clients: Deno.UnixConn[] = [];
      for (let k = 0; k < 200; k++) clients.push(await Deno.connect({ transport: "unix", path }));
      const open = new Set(clients);
      const ends = clients.map((client) =>
        client.read(new Uint8Array(1)).catch(() => null).then((count) => {
          open.delete(client);
          return count;
        })
      );
      await until(() => open.size <= 64);
      assert.equal(open.size, 64);
      // Those that are not turned away are served, but for the last, which the end of the proxy ends.
      const [last, ...held] = Array.from(open, (client) => clients.indexOf(client)).reverse();
      for (const k of held) {
        await clients[k].write(new TextEncoder().encode("CONNECT x HTTP/1.1\r\n\r\n"));
        assert.equal(await ends[k], 1);
      }
      assert.deepEqual([held.length, ...open], [63, clients[last]]);
      proxy.close();
      assert.equal(await ends[last], null);
      assert.equal((await Promise.all(ends)).filter((count) => count === null).length, 137);
      for (const client of clients) client.close();
    });
  },
);

const bubblewrap = await hasBubblewrap();

Deno.test({
  name: `SetupProxy goes where a name led when it was looked at, not where it leads a moment later${
    bubblewrap ? "" : " (needs bubblewrap)"
  }`,
  ignore: !bubblewrap,
  fn: () =>
    withFolder(async (folder) => {
      const resolver = join(folder, "resolv.conf");
      Deno.writeTextFileSync(resolver, "nameserver 127.0.0.1\n");
      const { stdout, stderr } = await new Deno.Command("bwrap", {
        args: [
          // A network of its own, whose names are told by the program.
          ...["--unshare-user", "--unshare-net", "--unshare-pid", "--uid", "0", "--gid", "0"],
          ...["--cap-add", "CAP_NET_BIND_SERVICE", "--bind", "/", "/", "--dev", "/dev"],
          ...["--proc", "/proc", "--ro-bind", resolver, "/etc/resolv.conf"],
          ...[Deno.execPath(), "run", "-A", "--quiet", "--no-lock"],
          fileURLToPath(new URL("rebinding.ts", import.meta.url)),
        ],
      }).output();
      const text = new TextDecoder().decode(stdout);
      assert.ok(text !== "", new TextDecoder().decode(stderr));
      assert.deepEqual(JSON.parse(text), {
        answers: [
          // The public address, which nobody has in that network …
          "HTTP/1.1 502 Nobody answers there",
          // … and this machine's, by a name that had another one, has another as well, or never had.
          ...Array(3).fill("HTTP/1.1 403 No public address"),
        ],
        asked: { "once.test": 2, "both.test": 1 },
        reached: 0,
      });
    }),
});

Deno.test("allowedHost() gives a host as the proxy looks it up, and nothing of what it never meets", () => {
  const hosts = [
    ["Files.Example.COM", "files.example.com"],
    ["example.com:8443", "example.com:8443"],
    ["[::1]:8443", "::1:8443"],
    ["127.1:80", "127.0.0.1:80"],
    ["münchen.de", "xn--mnchen-3ya.de"],
  ];
  for (const [text, host] of hosts) assert.equal(allowedHost(text), host);
  const none = ["https://example.com", "example.com/x", "a:b:c", "user@example.com", "a b", ":80"];
  for (const text of [...none, "example.com:99999", "*.example.com", "example.com#x", "a?b"]) {
    assert.equal(allowedHost(text), undefined, text);
  }
});

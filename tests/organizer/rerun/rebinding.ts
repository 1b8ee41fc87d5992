/**
 * A program for a namespace whose names are told by it: they lead to a public address first and to this
 * machine from then on. Prints what a set-up cell's proxy answers, and how often this machine was reached.
 */
import { createSocket } from "node:dgram";
import { join } from "node:path";
import { SetupProxy } from "../../../lib/organizer/rerun/proxy.ts";

const PUBLIC = [1, 1, 1, 1], HERE = [127, 0, 0, 1];
/** Of type A (RFC 1035, 3.2.2). */
const ADDRESS = 1;

const asked: Record<string, number> = {};

/** The addresses of a name, asked for once more. */
function addressesOf(name: string): number[][] {
  asked[name] = (asked[name] ?? 0) + 1;
  if (name === "both.test") return [PUBLIC, HERE];
  return [asked[name] === 1 ? PUBLIC : HERE];
}

/** An answer to a question of one name (RFC 1035, 4.1): no address of IPv6 is known. */
function answerTo(question: Uint8Array): Uint8Array<ArrayBuffer> {
  const labels: string[] = [];
  let at = 12;
  for (let size = question[at]; size > 0; size = question[at]) {
    labels.push(new TextDecoder().decode(question.subarray(at + 1, at + 1 + size)));
    at += 1 + size;
  }
  const end = at + 5;
  const addresses = question[at + 2] === ADDRESS ? addressesOf(labels.join(".")) : [];
  const header = [...question.subarray(0, 2), 0x81, 0x80, 0, 1, 0, addresses.length, 0, 0, 0, 0];
  // The name is the question's, nobody is to keep it, and an address has four bytes.
  const records = addresses.flatMap((it) => [0xc0, 12, 0, ADDRESS, 0, 1, 0, 0, 0, 0, 0, 4, ...it]);
  return new Uint8Array([...header, ...question.subarray(12, end), ...records]);
}

const names = createSocket("udp4");
names.on("message", (question, { port, address }) => {
  names.send(answerTo(question), port, address);
});
await new Promise<void>((resolve) => names.bind(53, "127.0.0.1", resolve));
let reached = 0;
const here = Deno.listen({ hostname: "127.0.0.1", port: 443 });
(async () => {
  for await (const connection of here) {
    reached++;
    connection.close();
  }
})();

const folder = Deno.makeTempDirSync(), path = join(folder, "socket");
const proxy = new SetupProxy(path);
const answers: string[] = [];
for (const name of ["once.test", "once.test", "both.test", "localhost"]) {
  using client = await Deno.connect({ transport: "unix", path });
  await client.write(new TextEncoder().encode(`CONNECT ${name}:443 HTTP/1.1\r\n\r\n`));
  const buffer = new Uint8Array(200);
  const count = await client.read(buffer);
  answers.push(new TextDecoder().decode(buffer.subarray(0, count ?? 0)).split("\r\n")[0]);
}
proxy.close();
Deno.removeSync(folder, { recursive: true });
console.log(JSON.stringify({ answers, asked, reached }));
Deno.exit(0);

/** The description of the interface, held to by a generator of clients and by a client of its making. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { indexSounds } from "../../lib/library/indexing.ts";
import { openApi } from "../../lib/web/openapi.ts";
import { serveLibrary } from "../../lib/web/server.ts";
import { PROJECT, withFolder } from "../support.ts";

// Fetched when this test first runs: literal names would be fetched with the first run of anything.
const GENERATOR = ["npm:openapi-typescript", "7.13.0"].join("@");
const CLIENT = ["npm:openapi-fetch", "0.17.0"].join("@");
const BARKS = join(PROJECT, "data", "qvim-mini", "Items", "bark");

/** Makes the types of a client; the generator checks the description first (Redocly). */
async function generate(description: unknown): Promise<string> {
  const { default: openapiTS, astToString } = await import(GENERATOR);
  return astToString(await openapiTS(JSON.stringify(description), { silent: true }));
}

/** A plug-in as somebody would write it on the generated types. */
const program = (url: string) => `
import createClient from "${CLIENT}";
import type { paths } from "./schema.ts";

const client = createClient<paths>({ baseUrl: "${url}" });
const body = Deno.readFileSync(${JSON.stringify(join(BARKS, "bark_1.wav"))});
const { data: found } = await client.POST("/api/search", {
  params: { query: { top: 2, maxSeconds: 10, notThis: [] } },
  // The generator writes binary bodies as texts.
  body: body as unknown as string,
  bodySerializer: (body) => body,
});
const [best] = found!.results;
const path = { id: best.id };
const { data: similar } = await client.GET("/api/sounds/{id}/similar", { params: { path } });
const { data: peaks } = await client.GET("/api/sounds/{id}/peaks", { params: { path } });
const { data: file } = await client.GET("/api/sounds/{id}/file", {
  params: { path },
  parseAs: "arrayBuffer",
});
const { error } = await client.GET("/api/sounds/{id}", { params: { path: { id: "none" } } });
const { data: library } = await client.GET("/api/library");
const score: number | undefined = best.score;
console.log(JSON.stringify({
  name: best.name,
  score,
  similar: similar!.results.length,
  peaks: peaks!.peaks.length,
  bytes: file!.byteLength,
  error: error!.error,
  sounds: library!.sounds,
}));
`;

Deno.test("a client that is generated from GET /api/openapi.json searches", async () => {
  await withFolder(async (folder) => {
    await indexSounds([BARKS], join(folder, "library"), { say: () => {} });
    const server = await serveLibrary({ library: join(folder, "library"), port: 0 });
    try {
      const description = await (await fetch(`${server.url}api/openapi.json`)).json();
      Deno.writeTextFileSync(join(folder, "schema.ts"), await generate(description));
      Deno.writeTextFileSync(join(folder, "plugin.ts"), program(server.url));
      const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "--check", "--no-config", "--no-lock", "-A", join(folder, "plugin.ts")],
        env: { NO_COLOR: "1" },
      }).output();
      assert.equal(code, 0, new TextDecoder().decode(stderr));
      const { score, ...rest } = JSON.parse(new TextDecoder().decode(stdout));
      assert.ok(Number.isFinite(score));
      assert.deepEqual(rest, {
        name: "bark_1.wav",
        similar: 3,
        peaks: 240,
        bytes: Deno.statSync(join(BARKS, "bark_1.wav")).size,
        error: "There is no such sound in the library",
        sounds: 4,
      });
    } finally {
      await server.close();
    }
  });
});

Deno.test("the generator refuses a description with a reference that leads nowhere", async () => {
  const description = JSON.parse(
    JSON.stringify(openApi(1)).replace("#/components/schemas/Sound", "#/components/schemas/None"),
  );
  await assert.rejects(generate(description), /Can't resolve \$ref/);
});

/** A small listening test: players, a picture and the server of this room, outside of any notebook. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { mapOf } from "../../lib/inspect/embedding_map.ts";
import { asImage } from "../../lib/inspect/picture.ts";
import { playersPage, soundTable } from "../../lib/inspect/players.ts";
import { spectrogram } from "../../lib/inspect/spectrogram.ts";
import { serveLoopback } from "../../lib/ui/loopback.ts";
import { SECURITY } from "../../lib/web/guard.ts";
import { serveAudio } from "../../lib/web/sounds.ts";
import { browserTest, openBrowser, type Page, seriousFaults, waitUntil } from "../browser.ts";
import { PROJECT, until } from "../support.ts";

const DATA = join(PROJECT, "data", "qvim-mini");
const IMITATION = join(DATA, "Queries", "siren", "siren_1_voice_1.wav");

/** A page that shows an imitation and two answers, and asks how alike they are. */
async function listeningTest(): Promise<string> {
  const shown = (role: string, name: string) => ({
    role,
    name,
    path: join(DATA, "Items", name.split("_")[0], name),
  });
  const table = (title: string, name: string) =>
    soundTable(title, [
      { role: "imitation", name: "siren_1_voice_1.wav", path: IMITATION },
      shown("answer", name),
    ]);
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Listen</title><main>
    <h1>How alike are they?</h1>${asImage(await spectrogram(IMITATION, { title: "imitation" }))}
    ${playersPage([await table("First", "siren_1.wav"), await table("Second", "bark_1.wav")])}
    ${playersPage([await table("Third", "wind_1.wav")])}
    <button onclick="fetch('rating', { method: 'POST', body: '70' })">70 of 100</button></main></html>`;
}

/** Nothing but what is in the page itself. */
const ALONE = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; " +
  "img-src data:; media-src data:; connect-src 'self'";

browserTest("players, pictures and the server make a listening test as they are", async () => {
  const html = await listeningTest();
  const ratings: string[] = [];
  const server = serveLoopback(async (request, what) => {
    if (what === "") {
      return new Response(html, {
        headers: { "content-type": "text/html", "content-security-policy": ALONE },
      });
    }
    if (what !== "rating" || request.method !== "POST") return undefined;
    ratings.push(await request.text());
    return new Response(null, { status: 204 });
  });
  const browser = await openBrowser();
  try {
    const page: Page = await browser.newPage();
    const broken: string[] = [];
    page.on("pageerror", (error: Error) => broken.push(String(error)));
    page.on("console", (message: { type(): string; text(): string }) => {
      if (message.type() === "error" && !message.text().includes("favicon")) {
        broken.push(message.text());
      }
    });
    await page.goto(server.base);
    const pictures = Deno.env.get("QVIM_PICTURES");
    if (pictures) await page.screenshot({ path: join(pictures, "own.png"), fullPage: true });
    assert.deepEqual(await seriousFaults(page), []);
    const players = 'document.querySelectorAll("audio")';
    assert.equal(await page.evaluate(`${players}.length`), 6);
    // None ends by itself.
    await page.evaluate(`${players}.forEach((it) => it.loop = true)`);
    // One at a time, whichever part of the page it is in, and whatever makes it play.
    await page.locator("audio").nth(0).focus();
    await page.keyboard.press("Space");
    await waitUntil(page, `${players}[0].currentTime > 0.05`);
    await page.evaluate(`${players}[5].play()`);
    await waitUntil(page, `${players}[5].currentTime > 0.05 && ${players}[0].paused`);
    await page.locator(".qvim-picture").nth(3).click({ position: { x: 120, y: 40 } });
    await waitUntil(page, `${players}[3].currentTime > 0.1 && ${players}[5].paused`);
    assert.ok(
      await page.evaluate("[...document.images].every((it) => it.naturalWidth > 100)"),
    );
    assert.equal(await page.evaluate("document.images.length"), 7);
    await page.getByText("70 of 100").click();
    await until(() => ratings.length > 0);
    assert.deepEqual(broken, []);
  } finally {
    await browser.close();
    await server.close();
  }
  assert.deepEqual(ratings, ["70"]);
});

/** Where the scripts lie that a page loads. */
const SCRIPTS = join(PROJECT, "lib", "inspect", "page");

browserTest(
  "players and maps work under the search page's own policy, which has nothing in the text",
  async () => {
    const sounds = [IMITATION, join(DATA, "Items", "siren", "siren_1.wav")];
    const [imitation, answer] = sounds.map((path, i) => ({
      ...{ role: i === 0 ? "imitation" : "answer", name: `sound ${i}`, path, src: `/sound/${i}` },
    }));
    const table = await soundTable("Found", [imitation, { ...answer, start: 0.2, end: 0.6 }]);
    const map = await mapOf(
      sounds.map((path, i) => ({
        ...{ name: `sound ${i}`, kind: i === 0 ? "query" : "item", class: "siren", path },
        ...{ x: i, y: i, src: `/sound/${i}` },
      })),
      { script: "/map.js" },
    );
    const html = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Found</title><main>
      <h1>Found</h1>${playersPage([table], { script: "/players.js" })}${map}</main></html>`;
    const server = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen() {} },
      async (asked) => {
        const [, what, which] = new URL(asked.url).pathname.split("/");
        const response = what === "sound"
          ? await serveAudio(sounds[Number(which)], asked)
          : what.endsWith(".js")
          ? new Response(Deno.readFileSync(join(SCRIPTS, what)), {
            headers: { "content-type": "text/javascript" },
          })
          : new Response(html, { headers: { "content-type": "text/html" } });
        for (const [name, value] of Object.entries(SECURITY)) response.headers.set(name, value);
        return response;
      },
    );
    const browser = await openBrowser();
    try {
      const page: Page = await browser.newPage();
      const said: string[] = [];
      page.on("pageerror", (error: Error) => said.push(String(error)));
      page.on("console", (message: { text(): string }) => said.push(message.text()));
      await page.goto(`http://127.0.0.1:${server.addr.port}/`);
      await waitUntil(page, 'document.querySelectorAll("[data-ready]").length === 2');
      const players = 'document.querySelectorAll("audio")';
      await page.evaluate(`${players}.forEach((it) => it.loop = true)`);
      await page.locator("audio").nth(0).focus();
      await page.keyboard.press("Space");
      await waitUntil(page, `${players}[0].currentTime > 0.05`);
      // The map silences them, and they the map.
      await page.locator("[data-sound]").nth(1).hover();
      await waitUntil(page, `${players}[2].currentTime > 0.05 && ${players}[0].paused`);
      await page.locator("audio").nth(0).focus();
      // The next one begins where its part begins, and silences this one.
      await page.keyboard.press("ArrowDown");
      await waitUntil(page, `${players}[1].currentTime > 0.2 && ${players}[2].paused`);
      // A click into the picture of 0.4 s plays from there.
      const picture = page.locator(".qvim-picture").nth(1);
      const { from, to, seconds } = await picture.evaluate((it: { dataset: object }) => ({
        ...it.dataset,
      }));
      const { width } = await picture.boundingBox();
      const at = Number(from) + (Number(to) - Number(from)) * 0.3 / Number(seconds);
      await page.evaluate(`${players}[1].pause()`);
      await picture.click({ position: { x: width * at / 100, y: 40 } });
      await waitUntil(page, `${players}[1].currentTime >= 0.49`);
      assert.ok(
        await page.evaluate("[...document.images].every((it) => it.naturalWidth > 100)"),
      );
      assert.deepEqual(said, []);
    } finally {
      await browser.close();
      await server.shutdown();
    }
  },
);

Deno.test("the server of a listening test takes ratings of nobody else", async () => {
  const ratings: string[] = [];
  const server = serveLoopback(async (request) => {
    ratings.push(await request.text());
    return new Response("thank you");
  });
  try {
    const { port, pathname } = new URL(server.base);
    const post = async (url: string, headers = {}) => {
      const response = await fetch(url, { method: "POST", body: "100", headers });
      await response.body?.cancel();
      return response.status;
    };
    assert.equal(await post(`http://127.0.0.1:${port}/rating`), 404);
    assert.equal(await post(`http://localhost:${port}${pathname}rating`), 404);
    assert.equal(await post(`${server.base}rating`, { origin: "http://example.org" }), 403);
    assert.deepEqual(ratings, []);
    assert.equal(await post(`${server.base}rating`, { origin: `http://127.0.0.1:${port}` }), 200);
    assert.deepEqual(ratings, ["100"]);
  } finally {
    await server.close();
  }
});

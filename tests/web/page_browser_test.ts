/** The page in a real browser, whose microphone plays an imitation. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { readAudio } from "../../lib/audio/read_audio.ts";
import { browserTest as test, waitUntil } from "../browser.ts";
import { writeSound } from "../library/support.ts";
import { PROJECT, withFolder } from "../support.ts";
import { MINI, noSeriousFaults, picture, press, RECORDED, withPage } from "./open_page.ts";

/** Whether the microphone has come to the imitation; from when on, in seconds, stays in the page. */
const HAS_BEGUN = `(() => {
  if (document.querySelector("#level").value > 0.05) globalThis.begun ??= ${RECORDED};
  return globalThis.begun !== undefined;
})()`;

/** How many points of each bar of the take's waveform are painted. */
const BARS = `(() => {
  const [canvas] = document.querySelector("sound-wave.wave > div")?.shadowRoot
    ?.querySelectorAll("canvas") ?? [];
  if (!canvas) return [];
  const { data, width, height } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return Array.from({ length: Math.floor(width / 3) }, (_, bar) => {
    let painted = 0;
    for (let y = 0; y < height; y++) painted += data[4 * (y * width + 3 * bar + 1) + 3] > 0;
    return painted;
  });
})()`;

/**
 * A recording of one imitation in a folder of its own, with silence behind it. The microphone plays its
 * file again and again, and on a busy machine a take lasts as long as it will.
 */
async function imitateOnce(): Promise<string> {
  const folder = Deno.makeTempDirSync({ prefix: "qvim-test-" });
  globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
  const path = join(folder, "imitation.wav");
  const imitation = join(MINI, "Queries", "siren", "siren_4_voice_1.wav");
  const { samples, sampleRate: rate } = await readAudio(imitation);
  const take = new Float32Array(samples.length + 20 * rate);
  take.set(samples, rate / 2);
  writeSound(path, take, { rate });
  return path;
}

test("the page records an imitation, finds the sound, plays it, and lets it be dragged away", async () => {
  await withPage({ microphone: await imitateOnce() }, async (page) => {
    await page.getByText("24 sounds").waitFor();
    await picture(page, "empty");
    await noSeriousFaults(page);
    await page.check("#loop");
    await press(page);
    await waitUntil(page, HAS_BEGUN);
    await picture(page, "recording");
    await waitUntil(page, `${RECORDED} > globalThis.begun + 2.5`);
    await page.click("#record");
    await page.locator(".result").first().waitFor();
    const names = await page.locator(".result .name").allTextContents();
    assert.ok(names.slice(0, 3).some((name: string) => name.startsWith("siren")), names.join(", "));
    await noSeriousFaults(page);
    // The keyboard plays, and one sound at a time.
    await page.keyboard.press("ArrowDown");
    const time = () => page.evaluate('document.querySelector("#player").currentTime');
    await waitUntil(page, 'document.querySelector("#player").currentTime > 0.05');
    assert.ok(await time() > 0);
    await waitUntil(page, 'document.querySelector("#player").currentTime > 0.5');
    await picture(page, "results");
    // Every bar of the take is there, from its first to its last.
    await waitUntil(page, `((bars) => bars.length > 9 && Math.min(...bars) > 0)(${BARS})`);
    assert.equal(await page.locator('.play[aria-label^="Pause"]').count(), 1);
    await page.keyboard.press(" ");
    const stopped = await time();
    await page.waitForTimeout(200);
    assert.equal(await time(), stopped);
    // A click on a waveform plays from there.
    await page.locator(".result .peaks").nth(1).click({ position: { x: 150, y: 20 } });
    await waitUntil(page, 'document.querySelector("#player").currentTime > 0.6');
    await page.locator(".result .play").nth(1).click();
    // What another program gets when a result is dragged to it with the mouse.
    await page.evaluate(`(() => {
      const target = document.querySelector("header");
      // Chromium keeps this type for programs outside.
      addEventListener("dragstart", (event) =>
        globalThis.download = event.dataTransfer.getData("DownloadURL"));
      target.addEventListener("dragover", (event) => event.preventDefault());
      target.addEventListener("drop", (event) => {
        event.preventDefault();
        globalThis.dropped = event.dataTransfer.getData("text/plain");
      });
    })()`);
    await page.locator(".result", { hasText: "siren" }).first()
      .dragTo(page.locator("header"), { sourcePosition: { x: 400, y: 10 } });
    await waitUntil(page, "globalThis.dropped !== undefined");
    const dragged = await page.evaluate("[download, dropped]");
    const [type, name, ...address] = dragged[0].split(":");
    assert.equal(type, "application/octet-stream");
    assert.match(name, /^siren_\d+\.wav$/);
    assert.match(address.join(":"), /^http:\/\/127\.0\.0\.1:\d+\/api\/sounds\/.+\/file$/);
    assert.ok(dragged[1].startsWith("/") && dragged[1].endsWith(`/${name}`), dragged[1]);
    // Words narrow, "not this" takes away, "more like this" goes on from a sound.
    await page.locator(".result .not").first().click();
    await waitUntil(
      page,
      `document.querySelector(".result .name").textContent !== ${JSON.stringify(names[0])}`,
    );
    await page.fill("#text", "bark");
    await waitUntil(
      page,
      '[...document.querySelectorAll(".result .name")].every((it) => /bark/.test(it.textContent))',
    );
    await page.locator(".result .more").first().click();
    await page.getByText("sounds like bark").waitFor();
    // As with caps lock on.
    await page.keyboard.press("ArrowDown");
    const next = await page.evaluate("document.activeElement.textContent.trim()");
    await page.keyboard.press("M");
    await page.getByText(`sounds like ${next}`).waitFor();
  });
});

test("the page says what to do about silence, a refused microphone and no answer", async () => {
  await withFolder(async (folder) => {
    const silence = join(folder, "silence.wav");
    const bytes = new Uint8Array(44 + 2 * 48_000);
    const source = Deno.readFileSync(join(MINI, "Items", "bark", "bark_1.wav")).subarray(0, 44);
    bytes.set(source);
    new DataView(bytes.buffer).setUint32(4, bytes.length - 8, true);
    new DataView(bytes.buffer).setUint32(40, bytes.length - 44, true);
    Deno.writeFileSync(silence, bytes);
    await withPage({ microphone: silence }, async (page) => {
      await press(page);
      await waitUntil(page, `${RECORDED} > 0.3`);
      await page.click("#record");
      await page.getByText("Nothing was heard.").waitFor();
      await picture(page, "silence");
    });
  });
  await withPage({ refused: true }, async (page) => {
    await page.evaluate(
      "navigator.mediaDevices.getUserMedia = () => " +
        'Promise.reject(new DOMException("no", "NotAllowedError")); 0',
    );
    await page.click("#record");
    await page.getByText("The microphone is switched off for this page.").waitFor();
    await page.evaluate('globalThis.fetch = () => Promise.reject(new TypeError("gone")); 0');
    await page.setInputFiles("#file", join(MINI, "Items", "bark", "bark_1.wav"));
    await page.getByText("The server does not answer.").waitFor();
  });
});

test("the page takes a dropped recording, on a phone and in the dark", async () => {
  await withPage({ phone: true, dark: true }, async (page) => {
    await page.setInputFiles("#file", join(MINI, "Items", "bark", "bark_1.wav"));
    await page.locator(".result").first().waitFor();
    assert.match((await page.locator(".result .name").first().textContent())!, /^bark_1\.wav/);
    await picture(page, "phone");
    await noSeriousFaults(page);
    // The keyboard opens the filters, though space plays elsewhere.
    await page.keyboard.press("ArrowDown");
    await page.locator("summary").focus();
    await page.keyboard.press(" ");
    await page.locator("#loop").waitFor();
    // What can be done with a result stands in one line, on the smallest of telephones too.
    for (const width of [390, 320]) {
      await page.setViewportSize({ width, height: 800 });
      const wide = await page.evaluate("document.documentElement.scrollWidth > innerWidth");
      assert.equal(wide, false);
      const tops = await page.evaluate(
        '[...document.querySelector(".actions").children].map((it) => it.offsetTop)',
      );
      assert.deepEqual(tops, Array(4).fill(tops[0]), `${width} px`);
    }
  });
});

test("the page says what to do about a sound that has gone, a file that is none, no microphone", async () => {
  await withFolder(async (sounds) => {
    for (const name of ["bark_1.wav", "bark_2.wav"]) {
      Deno.copyFileSync(join(MINI, "Items", "bark", name), join(sounds, name));
    }
    await withPage({ sounds }, async (page) => {
      await page.setInputFiles("#file", join(sounds, "bark_1.wav"));
      await page.locator(".result").first().waitFor();
      Deno.removeSync(join(sounds, "bark_1.wav"));
      await page.getByLabel("Play bark_1.wav").click();
      await page.getByText("bark_1.wav is not there any more: deno task index").waitFor();
      await picture(page, "gone");
      const takes = () => page.locator("#history button").allTextContents();
      await page.setInputFiles("#file", join(PROJECT, "README.md"));
      await page.getByText("Expected a recording").waitFor();
      assert.deepEqual(await takes(), ["bark_1.wav"], "what is no recording is no take");
      for (const name of ["NotFoundError", "OverconstrainedError"]) {
        await page.evaluate(
          "navigator.mediaDevices.getUserMedia = () => " +
            `Promise.reject(new DOMException("no", "${name}")); 0`,
        );
        await page.click("#record");
        await page.getByText("There is no microphone. Plug one in, or drop a recording").waitFor();
      }
      // A context that no sound comes to, as in Firefox where nothing can play.
      await page.evaluate(
        "MediaStreamAudioSourceNode.prototype.connect = () => {};" +
          "navigator.mediaDevices.getUserMedia = () => " +
          "Promise.resolve(new AudioContext().createMediaStreamDestination().stream); 0",
      );
      await press(page);
      await page.getByText("Listening").waitFor();
      await page.click("#record");
      await page.getByText("Nothing came from the microphone. Record for longer").waitFor();
      assert.equal(await page.textContent("#status"), "2 sounds for bark_1.wav");
      // What was answered can be taken back.
      await page.locator(".result .not").first().click();
      await waitUntil(page, 'document.querySelectorAll(".result").length === 1');
      await page.getByText("Forget 1 not this").click();
      await waitUntil(page, 'document.querySelectorAll(".result").length === 2');
      // A take of before is searched with again.
      await page.setInputFiles("#file", join(sounds, "bark_2.wav"));
      await page.getByText("2 sounds for bark_2.wav").waitFor();
      await page.locator("#history button").first().click();
      await page.getByText("2 sounds for bark_1.wav").waitFor();
      assert.deepEqual(
        await page.locator('#history button[aria-pressed="true"]').allTextContents(),
        ["bark_1.wav"],
      );
    });
  });
});

test("the page says how an empty library gets sounds", async () => {
  await withFolder(async (sounds) => {
    await withPage({ sounds }, async (page) => {
      await page.getByText("The library is empty. Take sounds in with: deno task index").waitFor();
      await picture(page, "no_sounds");
      await noSeriousFaults(page);
    });
  });
});

test("the page shows no results of anything else where a search fails", async () => {
  await withFolder(async (sounds) => {
    Deno.copyFileSync(join(MINI, "Items", "bark", "bark_1.wav"), join(sounds, "bark_1.wav"));
    await withPage({ sounds }, async (page) => {
      const results = () => page.locator(".result").count();
      const file = join(MINI, "Items", "bark", "bark_1.wav");
      await page.getByText("1 sound", { exact: true }).waitFor();
      await page.setInputFiles("#file", file);
      await page.getByText("1 sound for bark_1.wav").waitFor();
      // What is no recording leaves all as it was, and says what that is.
      await page.setInputFiles("#file", join(PROJECT, "README.md"));
      await page.getByText("convert it to WAV").waitFor();
      assert.equal(await results(), 1);
      assert.equal(await page.textContent("#status"), "1 sound for bark_1.wav");
      const large = join(sounds, "large.wav");
      Deno.writeFileSync(large, new Uint8Array(2 ** 20 * 41));
      await page.setInputFiles("#file", large);
      await page.getByText("large.wav is larger than the 40 MB that are searched with").waitFor();
      Deno.writeFileSync(large, new Uint8Array());
      await page.setInputFiles("#file", large);
      await page.getByText("large.wav is empty.").waitFor();
      assert.deepEqual(await page.locator("#history button").allTextContents(), ["bark_1.wav"]);
      // A filter that is none is not left out silently.
      await page.fill("#max-seconds", "-1");
      await page.getByText("At most: ").waitFor();
      assert.deepEqual([await results(), await page.textContent("#status")], [0, ""]);
      await page.fill("#max-seconds", "");
      await page.locator(".result").waitFor();
      await page.fill("#text", "?!");
      await page.getByText("Expected words of letters or digits").waitFor();
      assert.equal(await results(), 0);
      await page.fill("#text", "");
      await page.locator(".result").waitFor();
      // What is marked is what was found: the beginnings of words, whatever their accents and number.
      await page.fill("#text", "BÂRKS 1");
      await waitUntil(page, 'document.querySelectorAll(".name mark").length === 2');
      assert.deepEqual(await page.locator(".name mark").allTextContents(), ["bark", "1"]);
      assert.equal(await page.locator(".name").textContent(), "bark_1.wav");
      await page.fill("#text", "ark");
      await page.getByText("No sound has these words").waitFor();
      await page.fill("#text", "");
      await page.locator(".result").waitFor();
      // The server goes: what does not play is not the browser's fault.
      await page.route("**/api/**", (route: { abort(): Promise<void> }) => route.abort());
      await page.locator(".result .play").click();
      await page.getByText("The server does not answer.").waitFor();
      assert.equal(await page.locator('.play[aria-label^="Pause"]').count(), 0);
      await page.locator(".result .more").click();
      await waitUntil(page, 'document.querySelectorAll(".result").length === 0');
      await page.getByText("The server does not answer.").waitFor();
    });
  });
});

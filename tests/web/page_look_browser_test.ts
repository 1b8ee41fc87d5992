/** What one sees of the page while it works, and of names that are written from right to left. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { readAudio } from "../../lib/audio/read_audio.ts";
import { browserTest as test, type Page, waitUntil } from "../browser.ts";
import { writeSound } from "../library/support.ts";
import { withFolder } from "../support.ts";
import { MINI, picture, withPage } from "./open_page.ts";

const BARK = join(MINI, "Items", "bark", "bark_1.wav");

async function search(page: Page): Promise<void> {
  await page.setInputFiles("#file", BARK);
  await page.locator(".result").first().waitFor();
}

test("what is wrong stays in sight of who is further down the page", async () => {
  await withPage({}, async (page) => {
    await search(page);
    await page.route("**/audio", (route: { abort(): Promise<void> }) => route.abort());
    const last = page.locator(".result .play").last();
    await last.scrollIntoViewIfNeeded();
    await last.click();
    await page.locator("#problem").waitFor();
    const { scrolled, top, bottom, height } = await page.evaluate(`(() => {
      const { top, bottom } = document.querySelector("#problem").getBoundingClientRect();
      return { scrolled: scrollY, top, bottom, height: innerHeight };
    })()`);
    await picture(page, "problem");
    assert.ok(scrolled > 300, `${scrolled}`);
    assert.ok(top >= 0 && bottom <= height, `from ${top} to ${bottom} of ${height}`);
  });
});

test("results of what was searched before are dimmed while the page searches", async () => {
  await withPage({}, async (page) => {
    const opacity = 'Number(getComputedStyle(document.querySelector("#results")).opacity)';
    await search(page);
    await waitUntil(page, `${opacity} === 1`);
    const answer = Promise.withResolvers<void>();
    await page.route("**/api/search*", async (route: { continue(): Promise<void> }) => {
      await answer.promise;
      await route.continue();
    });
    await page.fill("#text", "siren");
    await page.getByText("Searching").waitFor();
    await waitUntil(page, `${opacity} < 0.9`);
    await picture(page, "searching");
    answer.resolve();
    await page.getByText("4 sounds for bark_1.wav").waitFor();
    await waitUntil(page, `${opacity} === 1`);
  });
});

/** Where a character of what is said of a result's place is painted, from the left. */
const leftOf = (character: string) =>
  `(() => {
  const texts = document.createTreeWalker(document.querySelector(".where"), NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const at = texts.currentNode.data.indexOf(${JSON.stringify(character)});
    if (at < 0) continue;
    const range = document.createRange();
    range.setStart(texts.currentNode, at);
    range.setEnd(texts.currentNode, at + 1);
    return range.getBoundingClientRect().left;
  }
})()`;

test("a folder that is written from right to left is read so, and what follows it from left to right", async () => {
  await withFolder(async (sounds) => {
    const { samples, sampleRate: rate } = await readAudio(BARK);
    const long = new Float32Array(20 * rate);
    long.set(samples, 0);
    long.set(samples, 14 * rate);
    // "Sounds!": who takes the line for one from left to right sets the mark at its other end.
    writeSound(join(sounds, "צלילים!", "long.wav"), long, { rate });
    await withPage({ sounds }, async (page) => {
      await search(page);
      await page.getByText(/at 0:1\d of 0:20/).waitFor();
      await picture(page, "right_to_left");
      const [first, mark, at] = await Promise.all(
        ["צ", "!", "·"].map((character) => page.evaluate(leftOf(character))),
      );
      assert.ok(mark < first, `the mark at ${mark}, the first letter at ${first}`);
      assert.ok(first < at, `the first letter at ${first}, what follows at ${at}`);
    });
  });
});

test("a score that rounds to nothing is no less than nothing", async () => {
  await withFolder(async (sounds) => {
    writeSound(join(sounds, "one.wav"), (await readAudio(BARK)).samples.subarray(0, 4000));
    await withPage({ sounds }, async (page) => {
      await page.route("**/api/search*", async (route: Page) => {
        const response = await route.fetch();
        const { results: [result] } = await response.json();
        const results = [-0.004, 0, -0.006].map((score) => ({ ...result, score, id: `${score}` }));
        await route.fulfill({ response, json: { results } });
      });
      await search(page);
      const scores = await page.locator(".score").allTextContents();
      assert.deepEqual(scores.map((text: string) => text.trim()), ["0.00", "0.00", "-0.01"]);
    });
  });
});

test("the level has the page's colour", async () => {
  await withPage({}, async (page) => {
    // A rule that the browser does not take it leaves out, and the level is green.
    assert.deepEqual(
      await page.evaluate(`[...document.styleSheets].flatMap(({ cssRules }) => [...cssRules])
        .filter(({ selectorText }) => selectorText?.startsWith("meter::"))
        .map(({ selectorText, style }) => [selectorText, style.background])`),
      [
        ["meter::-webkit-meter-bar", "var(--line)"],
        ["meter::-webkit-meter-optimum-value", "var(--accent)"],
      ],
    );
  });
});

test("the page says to who touches it how a recording is opened, and to others that it may be dropped", async () => {
  const hint = async (page: Page) =>
    (await page.locator("#hint").innerText()).replace(/\s+/g, " ").trim();
  await withPage({ phone: true }, async (page) => {
    assert.equal(
      await hint(page),
      "Press and imitate the sound, or hold while you do. Or open a recording.",
    );
  });
  await withPage({}, async (page) => {
    assert.equal(
      await hint(page),
      "Press and imitate the sound, or hold while you do. R records. " +
        "Or drop a recording here, or choose one.",
    );
  });
});

test("a window that was narrow and grows shows the filters, which nothing opens there", async () => {
  await withPage({}, async (page) => {
    const folder = page.locator("#folder");
    assert.ok(await folder.isVisible());
    await page.setViewportSize({ width: 390, height: 800 });
    await page.reload();
    assert.ok(!await folder.isVisible());
    await page.setViewportSize({ width: 800, height: 390 });
    await folder.waitFor();
    assert.ok(!await page.locator("summary").isVisible());
  });
});

test("a copied path is said where the button is, and where it can't be copied it is shown", async () => {
  await withPage({}, async (page) => {
    await page.evaluate(`Object.defineProperty(navigator, "clipboard", {
      configurable: true, value: { writeText: async (text) => { globalThis.copied = text; } },
    }); 0`);
    await search(page);
    const last = page.locator(".result .copy").last();
    const said =
      `getComputedStyle([...document.querySelectorAll(".copy")].at(-1), "::after").content`;
    // It is said for two seconds, in which a machine that is busy may not look.
    await page.evaluate(`new MutationObserver(() => (globalThis.said ??= []).push(${said}))
      .observe(document.querySelector("#results"), { subtree: true, attributes: true })`);
    await last.click();
    await waitUntil(page, `globalThis.said?.includes('"Copied"')`);
    await picture(page, "copied");
    const path = await page.evaluate("copied");
    assert.ok(path.startsWith(MINI) && path.endsWith(".wav"), path);
    assert.equal(await page.textContent("#status"), `Copied ${path}`);
    await waitUntil(page, `${said} === "none"`);
    // As where the page comes over http from another machine.
    await page.evaluate('Object.defineProperty(navigator, "clipboard", { value: undefined }); 0');
    await last.click();
    await page.locator("#problem").waitFor();
    assert.equal(
      await page.textContent("#problem"),
      `This browser lets the page copy nothing. The path is ${path}`,
    );
  });
});

/** Whether what an element holds is no wider than itself. */
const fits = (selector: string) =>
  `(({ scrollWidth, clientWidth }) => scrollWidth <= clientWidth)(
  document.querySelector(${JSON.stringify(selector)}))`;

test("a long name of a recording widens no page, and ends in dots among the takes", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, `${"a_name_without_any_spaces_in_it_".repeat(6)}.wav`);
    Deno.copyFileSync(BARK, path);
    await withPage({ phone: true }, async (page) => {
      await page.setInputFiles("#file", path);
      await page.locator(".result").first().waitFor();
      await picture(page, "long_name");
      const parts = ["#history button", "#status", "#again", ".take"];
      const rights = await page.evaluate(`${JSON.stringify(parts)}.map((part) =>
        [...document.querySelectorAll(part)].at(-1).getBoundingClientRect().right)`);
      rights.forEach((right: number, i: number) =>
        assert.ok(right <= 390, `${parts[i]} to ${right} px`)
      );
      assert.equal(await page.evaluate("document.documentElement.scrollWidth"), 390);
      assert.ok(await page.evaluate(fits("#status")));
      // Where there is room, what opens another one stands beside it.
      await page.setViewportSize({ width: 844, height: 390 });
      const [name, open] = await page.evaluate(
        `["#history button", ".history-line > span"].map((part) =>
          document.querySelector(part).getBoundingClientRect().toJSON())`,
      );
      assert.ok(open.left >= name.right && open.top < name.bottom, JSON.stringify([name, open]));
      // Dots end the text of a block alone.
      assert.deepEqual(
        await page.evaluate(`(({ display, textOverflow }) => [display, textOverflow])(
          getComputedStyle(document.querySelector("#history button")))`),
        ["inline-block", "ellipsis"],
      );
      // What is wrong with it is said in as many lines as it takes.
      Deno.writeFileSync(path, new Uint8Array());
      await page.setInputFiles("#file", path);
      await page.getByText("is empty.").waitFor();
      assert.ok(await page.evaluate(fits("#problem")));
    });
  });
});

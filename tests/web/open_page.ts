/** The page in a real browser, for tests. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { indexSounds } from "../../lib/library/indexing.ts";
import { serveLibrary } from "../../lib/web/server.ts";
import { openBrowser, type Page, seriousFaults } from "../browser.ts";
import { PROJECT, withFolder } from "../support.ts";

/** The built-in sounds. */
export const MINI = join(PROJECT, "data", "qvim-mini");

let builtIn: Promise<string> | undefined;

/** Puts a library of the built-in sounds into a folder; they are heard once. */
async function copyLibrary(to: string): Promise<void> {
  builtIn ??= (async () => {
    const library = Deno.makeTempDirSync({ prefix: "qvim-test-" });
    globalThis.addEventListener("unload", () => Deno.removeSync(library, { recursive: true }));
    await indexSounds([join(MINI, "Items")], library, { say: () => {} });
    return library;
  })();
  await new Deno.Command("cp", { args: ["-r", await builtIn, to] }).output();
}

/** Opens the page in a browser whose microphone plays a file, if any. */
export async function withPage(
  options: {
    microphone?: string;
    refused?: boolean;
    dark?: boolean;
    phone?: boolean;
    /** A folder of sounds, in place of the built-in ones. */
    sounds?: string;
  },
  use: (page: Page) => Promise<void>,
): Promise<void> {
  await withFolder(async (folder) => {
    const library = join(folder, "library");
    if (options.sounds === undefined) await copyLibrary(library);
    else await indexSounds([options.sounds], library, { say: () => {} });
    const server = await serveLibrary({ library, port: 0 });
    const context = await openBrowser({
      args: [
        "--use-fake-device-for-media-stream",
        ...(options.refused ? [] : ["--use-fake-ui-for-media-stream"]),
        ...(options.microphone ? [`--use-file-for-fake-audio-capture=${options.microphone}`] : []),
      ],
      colorScheme: options.dark ? "dark" : "light",
      ...(options.phone
        ? { viewport: { width: 390, height: 800 }, isMobile: true, hasTouch: true }
        : { viewport: { width: 1280, height: 900 } }),
    });
    try {
      const page = await context.newPage();
      const foreign: string[] = [], broken: string[] = [];
      page.on("request", (request: { url(): string }) => {
        if (!/^(http:\/\/127\.0\.0\.1|blob:|data:)/.test(request.url())) {
          foreign.push(request.url());
        }
      });
      page.on("pageerror", (error: Error) => broken.push(String(error)));
      await page.goto(server.url);
      await use(page);
      assert.deepEqual(foreign, []);
      assert.deepEqual(broken, []);
    } finally {
      await context.close();
      await server.close();
    }
  });
}

/**
 * Presses the button as a person does who then lets go of it. The page tells a short press from a long one
 * by its time: nothing is waited for in between, where the machine could stand still.
 */
export async function press(page: Page): Promise<void> {
  await page.locator("#record").hover();
  await Promise.all([page.mouse.down(), page.mouse.up()]);
}

/** For how many seconds the page has recorded, as it says. */
export const RECORDED = 'parseFloat(document.querySelector(".live .length").textContent)';

/** Keeps a picture, where somebody wants to look at it. */
export async function picture(page: Page, name: string): Promise<void> {
  const folder = Deno.env.get("QVIM_PICTURES");
  if (folder !== undefined) await page.screenshot({ path: join(folder, `${name}.png`) });
}

export async function noSeriousFaults(page: Page): Promise<void> {
  assert.deepEqual(await seriousFaults(page), []);
}

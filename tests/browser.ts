/**
 * A real browser for tests. Its packages are fetched when a test first needs them: a literal name here
 * would be fetched with the first run of anything.
 */
import { setTimeout as delay } from "node:timers/promises";
import { CHROMIUM } from "./support.ts";

// deno-lint-ignore no-explicit-any -- Playwright's types come with its package
export type Page = any;

const PLAYWRIGHT = ["npm:playwright-core", "1.65.1"].join("@");
const AXE = ["npm:axe-core", "4.14.1"].join("@");

/** Browsers of this file of tests, by what they were started with. */
const browsers = new Map<string, Promise<Page>>();

/** Ends all browsers: after a file of tests by itself. */
export async function closeBrowsers(): Promise<void> {
  for (const browser of browsers.values()) await (await browser).close();
  browsers.clear();
}

Deno.test.afterAll(closeBrowsers);

/**
 * Opens a window of a browser without a screen. Windows know nothing of each other; the browser, whose
 * start takes longer than most tests, is the same for all that want it started in the same way.
 *
 * @param options Playwright's for a context, and what else the browser is told.
 * @returns Playwright's context, which is closed when it is no longer needed.
 */
export async function openBrowser(
  { args = [], ...options }: Record<string, unknown> & { args?: string[] } = {},
): Promise<Page> {
  const key = JSON.stringify(args);
  const browser = browsers.get(key) ?? launch(args);
  browsers.set(key, browser);
  return await (await browser).newContext(options);
}

async function launch(args: string[]): Promise<Page> {
  const { chromium } = await import(PLAYWRIGHT);
  return await chromium.launch({
    executablePath: CHROMIUM,
    args: [
      ...["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-sync"],
      ...["--disable-background-networking", "--disable-component-update"],
      // Without those that are kept ready for pages to come.
      ...["--disable-extensions", "--renderer-process-limit=2"],
      "--autoplay-policy=no-user-gesture-required",
      ...args,
    ],
  });
}

/**
 * Waits until an expression is true in the page. Playwright's own way evaluates text within the page,
 * which a content security policy forbids.
 *
 * @param seconds How long; a browser that works beside others' work is slow.
 * @throws {Error} Where that is not enough.
 */
export async function waitUntil(page: Page, expression: string, seconds = 30): Promise<void> {
  const end = Date.now() + 1000 * seconds;
  while (!await page.evaluate(expression)) {
    if (Date.now() > end) {
      throw new Error(`Expected ${expression} to become true within ${seconds} s`);
    }
    await delay(50);
  }
}

/** What axe-core finds that is serious in a part of the page, as `rule: element`. */
export async function seriousFaults(page: Page, part = "html"): Promise<string[]> {
  const { default: axe } = await import(AXE);
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(`axe.run(${JSON.stringify(part)})`);
  // deno-lint-ignore no-explicit-any
  return violations.filter(({ impact }: any) => impact === "serious" || impact === "critical")
    // deno-lint-ignore no-explicit-any
    .map(({ id, nodes }: any) => `${id}: ${nodes[0]?.html}`);
}

const missing = CHROMIUM === undefined ? " (needs Chromium)" : "";

/** Defines a test that needs the browser, which stays open for the next one. */
export function browserTest(name: string, fn: () => Promise<void>): void {
  Deno.test({
    name: name + missing,
    ignore: missing !== "",
    sanitizeOps: false,
    sanitizeResources: false,
    fn,
  });
}

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

/** How long is waited for what has to come, in milliseconds: a browser beside others' work is slow. */
const LONG = 120_000;

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
  const context = await (await browser).newContext(options);
  context.setDefaultTimeout(LONG);
  return context;
}

async function launch(args: string[]): Promise<Page> {
  const { chromium } = await import(PLAYWRIGHT);
  return await chromium.launch({
    executablePath: CHROMIUM,
    timeout: LONG,
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
 * @throws {Error} Where it does not become so.
 */
export async function waitUntil(page: Page, expression: string): Promise<void> {
  const end = performance.now() + LONG;
  while (!await page.evaluate(expression)) {
    if (performance.now() > end) {
      throw new Error(`Expected ${expression} to become true within ${LONG / 1000} s`);
    }
    await delay(50);
  }
}

/** Animations that are under way or about to begin, and end by themselves. */
const MOVING = `document.getAnimations()
  .filter(({ effect }) => effect.getComputedTiming().endTime < Infinity)`;

/** What axe-core finds that is serious in a part of the page once it is at rest, as `rule: element`. */
export async function seriousFaults(page: Page, part = "html"): Promise<string[]> {
  await waitUntil(page, `${MOVING}.length === 0`);
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

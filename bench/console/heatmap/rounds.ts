import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContext, type Page } from 'playwright-core';
import { option } from '../../harness/options.ts';
import { type SignalboxUnderTest } from '../../harness/signalbox.ts';
import { DRAW, ECHARTS_DRAW, EVENTS, LOAD_DATA, MAP_DRAWN, NEXT_FRAME, SORT_CONSOLE, SVG_DRAW, WATCH_EVENTS } from './page-scripts.ts';
import { type Cost, costOf } from './probe.ts';
import { WIDE } from './wide-model.ts';

export interface MapFigures {
  /** From data and page ready to the map presented; for the console from the start of the navigation. */
  readonly firstMs: number;
  /** All cells in another order, from the call or the choice to the frame that shows it. */
  readonly redrawMs: number;
  readonly pointing: Cost;
  readonly scrolling: Cost;
  /** Event Timing of key presses that move the focus and of choices, ms; only those of 16 ms and more are reported by browsers. */
  readonly interactionMs: readonly number[];
}

const VIEW = { width: 1440, height: 900 };
/** Pointer moves; half as many wheel steps and key presses. */
const POINTS = Number(option('steps', '120'));
const SCROLLS = Math.ceil(POINTS / 4) * 2;
const KEYS = SCROLLS;
const DAY_MS = 86_400_000;

/** Signed in as people are; the scripts of the peers need the page's policy out of the way. */
async function signedIn(browser: Browser, { url, key }: SignalboxUnderTest, bypassCSP: boolean): Promise<BrowserContext> {
  const context = await browser.newContext({ baseURL: url, viewport: VIEW, bypassCSP });
  const page = await context.newPage();
  await page.goto('/sign-in');
  await page.getByLabel('API key').fill(key);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('navigation', { name: 'Views' }).waitFor();
  await page.close();
  return context;
}

/** The console's own view. */
export async function measureConsole(browser: Browser, signalbox: SignalboxUnderTest): Promise<MapFigures> {
  const context = await signedIn(browser, signalbox, false);
  try {
    const page = await context.newPage();
    const [, firstMs] = await Promise.all([page.goto(`/routing?model=${WIDE.model}`, { waitUntil: 'commit' }), page.waitForEvent('domcontentloaded').then(() => page.evaluate<number>(MAP_DRAWN))]);
    await page.waitForLoadState('networkidle');
    await page.evaluate(WATCH_EVENTS);
    const grid = page.getByRole('grid');
    const order = page.getByRole('combobox', { name: 'Experts by' });
    const redrawMs = await page.evaluate<number>(SORT_CONSOLE);
    await order.selectOption('index');
    const costs = await pointAndScroll(page, (await grid.boundingBox())!);
    await grid.focus();
    for (let at = 0; at < KEYS; at += 1) await page.keyboard.press(at % 4 === 3 ? 'ArrowDown' : 'ArrowRight');
    await page.evaluate(NEXT_FRAME);
    return { firstMs, redrawMs, ...costs, interactionMs: await page.evaluate<number[]>(EVENTS) };
  } finally {
    await context.close();
  }
}

/** The same figures drawn by a peer, in a page that holds nothing else. */
export async function measurePeer(browser: Browser, signalbox: SignalboxUnderTest, peer: 'svg' | 'echarts'): Promise<MapFigures> {
  const context = await signedIn(browser, signalbox, true);
  try {
    const page = await context.newPage();
    await page.goto('/sign-in');
    const nowMs = Date.now();
    await page.evaluate(LOAD_DATA(WIDE.model, new Date(nowMs - DAY_MS).toISOString(), new Date(nowMs).toISOString()));
    if (peer === 'echarts') {
      await page.addScriptTag({ path: fileURLToPath(import.meta.resolve('echarts/dist/echarts.min.js')) });
      await page.evaluate(ECHARTS_DRAW);
    } else await page.evaluate(SVG_DRAW);
    const firstMs = await page.evaluate<number>(DRAW(false));
    const redrawMs = await page.evaluate<number>(DRAW(true));
    await page.evaluate(DRAW(false));
    const costs = await pointAndScroll(page, (await page.locator('#bench').boundingBox())!);
    return { firstMs, redrawMs, ...costs, interactionMs: [] };
  } finally {
    await context.close();
  }
}

/** A pointer that crosses the map on a slant, then a page that is scrolled down and up. */
async function pointAndScroll(page: Page, box: { readonly x: number; readonly y: number; readonly width: number; readonly height: number }): Promise<Pick<MapFigures, 'pointing' | 'scrolling'>> {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Performance.enable');
  await page.mouse.move(box.x + 60, box.y + 60);
  const height = Math.min(box.height, VIEW.height - box.y) - 40;
  const pointing = await costOf(page, cdp, POINTS, async (at) => {
    await page.mouse.move(box.x + 60 + ((at * 37) % 997) / 997 * (box.width - 80), box.y + 30 + ((at * 17) % 101) / 101 * height);
    await page.evaluate(NEXT_FRAME);
  });
  const scrolling = await costOf(page, cdp, SCROLLS, async (at) => {
    await page.mouse.wheel(0, at < SCROLLS / 2 ? 40 : -40);
    await page.evaluate(NEXT_FRAME);
  });
  await cdp.detach();
  return { pointing, scrolling };
}

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, type BrowserContext } from 'playwright-core';
import { startEmbeddedPostgres } from '#libs/platform/postgres/embedded-postgres';
import { createDataSource } from '#libs/store/data-source';
import { launchChromium } from '../harness/chromium.ts';
import { option } from '../harness/options.ts';
import { type SignalboxUnderTest, startSignalbox } from '../harness/signalbox.ts';
import { format, quantile, summarise } from '../harness/summary.ts';
import { type Part } from './part.ts';
import { FILTER, JUMP, PLAIN, ROWS_SHOWN, SCROLL } from './requests/page-scripts.ts';
import { recordRequests } from './requests/recorded-requests.ts';

const PORT = 7197;
/** 50 rows in each frame: three screens a tenth of a second. */
const PX_PER_FRAME = 1800;
const ROW_PX = 36;
const PLAIN_ROWS = 5000;
const LATE_MS = 25;
const PAGES = 100;
const FRAME_TIMEOUT_MS = 300_000;

interface Scrolled {
  readonly frames: readonly number[];
  readonly waitedMs: number;
  readonly px: number;
  readonly rows: number;
  readonly elements: number;
}

/** A list of 100,000 recorded requests, and all rows of 5,000 in an ordinary table beside it. */
export const requestListPart: Part = {
  name: 'list',
  measure: async (home) => {
    const requests = Number(option('requests', '100000'));
    const rounds = Number(option('rounds', '5'));
    const postgresHome = join(home, 'database');
    mkdirSync(postgresHome, { recursive: true });
    const postgres = await startEmbeddedPostgres({ home: postgresHome, log: () => undefined });
    try {
      const signalbox = await startSignalbox('console', PORT, home, { DATABASE_URL: postgres.url, SIGNALBOX_API_RATE: '100000' });
      try {
        const store = await createDataSource({ url: postgres.url, applicationName: 'bench' }).initialize();
        const nowMs = Date.now();
        await recordRequests(store, requests, nowMs);
        await store.destroy();
        const key = await keyOf(signalbox);
        console.log(`${requests} requests of a day`);
        for (const [name, query] of [['newest first', ''], ['slowest first', '&order=slowest'], ['dropped ones', '&flag=dropped'], ['of a tenant, from 1 s', '&tenant=tenant-2&minDurationMs=1000']] as const) await measurePages(signalbox, key, name, query);
        const browser = await launchChromium();
        try {
          await measureList(browser, signalbox, key, requests, rounds, nowMs);
        } finally {
          await browser.close();
        }
      } finally {
        await signalbox.process.stop();
      }
    } finally {
      await postgres.stop();
    }
  },
};

/** A key that may look at single requests: the first one may not. */
async function keyOf({ url, key }: SignalboxUnderTest): Promise<string> {
  const answer = await fetch(`${url}/api/v1/keys`, { method: 'POST', headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' }, body: JSON.stringify({ name: 'bench', scopes: ['read', 'traces'] }) });
  return ((await answer.json()) as { secret: string }).secret;
}

/** Pages of 200 one after the other, as scrolling asks for them. */
async function measurePages({ url }: SignalboxUnderTest, key: string, name: string, query: string): Promise<void> {
  const times: number[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < PAGES && (page === 0 || cursor !== null); page += 1) {
    const startMs = performance.now();
    const answer: Response = await fetch(`${url}/api/v1/traces?limit=200${query}${cursor === null ? '' : `&cursor=${cursor}`}`, { headers: { authorization: `Bearer ${key}` } });
    const body = (await answer.json()) as { nextCursor: string | null };
    if (!answer.ok) throw new Error(`the list answers ${answer.status}: ${JSON.stringify(body)}`);
    times.push(performance.now() - startMs);
    cursor = body.nextCursor;
  }
  console.log(`API, page of 200, ${name}: p50 ${quantile(times, 0.5).toFixed(1)} ms, p95 ${quantile(times, 0.95).toFixed(1)} ms, ${times.length} pages`);
}

async function measureList(browser: Browser, signalbox: SignalboxUnderTest, key: string, requests: number, rounds: number, nowMs: number): Promise<void> {
  const first: number[] = [];
  const jump: number[] = [];
  const filter: number[] = [];
  const listed: Scrolled[] = [];
  const plain: Scrolled[] = [];
  const built: number[] = [];
  const from = new Date(nowMs - 86_400_000).toISOString();
  // The first round warms caches and does not count.
  for (let round = -1; round < rounds; round += 1) {
    const context = await signedIn(browser, signalbox.url, key);
    const page = await context.newPage();
    page.setDefaultTimeout(FRAME_TIMEOUT_MS);
    await page.goto('/requests?range=24h', { waitUntil: 'commit' });
    await page.waitForEvent('domcontentloaded').catch(() => undefined);
    const shownMs = await page.evaluate<number>(ROWS_SHOWN);
    const jumpMs = await page.evaluate<number>(JUMP(localMoment(nowMs - 12 * 3_600_000)));
    const filterMs = await page.evaluate<number>(FILTER);
    await page.goto('/requests?range=24h');
    await page.getByRole('rowheader').first().waitFor();
    const scrolled = await page.evaluate<Scrolled>(SCROLL('[role="grid"]', PX_PER_FRAME, Math.min(requests, Number(option('scroll-rows', '20000'))) * ROW_PX));
    await page.goto('/requests?range=24h');
    const builtMs = await page.evaluate<number>(PLAIN(`from=${from}`, Math.min(PLAIN_ROWS, requests)));
    const plainScrolled = await page.evaluate<Scrolled>(SCROLL('#plain', PX_PER_FRAME, 'all'));
    await context.close();
    if (round < 0) continue;
    first.push(shownMs);
    jump.push(jumpMs);
    filter.push(filterMs);
    listed.push(scrolled);
    plain.push(plainScrolled);
    built.push(builtMs);
  }
  console.log(`Chromium ${browser.version()}, ${rounds} rounds, median (least to most)`);
  console.log(`first rows, ms from the start of the navigation: ${format(summarise(first))}`);
  console.log(`jump to 12 hours ago, ms to the frame with other rows: ${format(summarise(jump))}`);
  console.log(`another filter, ms to the frame with other rows: ${format(summarise(filter))}`);
  console.log(`scrolling by ${PX_PER_FRAME / ROW_PX} rows a frame\n  list of ${requests}: ${scrolledText(listed)}\n  ordinary table of ${PLAIN_ROWS}: ${scrolledText(plain)}; built in ${format(summarise(built))} ms once ${PLAIN_ROWS / 200} pages were read`);
}

async function signedIn(browser: Browser, url: string, key: string): Promise<BrowserContext> {
  const context = await browser.newContext({ baseURL: url, viewport: { width: 1440, height: 900 }, timezoneId: 'UTC' });
  const page = await context.newPage();
  await page.goto('/sign-in');
  await page.getByLabel('API key').fill(key);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('navigation', { name: 'Views' }).waitFor();
  await page.close();
  return context;
}

/** As the field takes it, in the zone that the browser is told. */
function localMoment(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 19);
}

function scrolledText(rounds: readonly Scrolled[]): string {
  const frames = rounds.flatMap((round) => round.frames);
  const late = frames.filter((ms) => ms > LATE_MS).length / frames.length;
  const rows = summarise(rounds.map(({ px }) => px / ROW_PX));
  return `frames p50 ${quantile(frames, 0.5).toFixed(1)} ms, p95 ${quantile(frames, 0.95).toFixed(1)}, most ${quantile(frames, 1).toFixed(1)}, late ${(100 * late).toFixed(1)}%; ${format(rows)} rows passed, ${format(summarise(rounds.map(({ waitedMs }) => waitedMs)))} ms at the end of what was loaded; ${format(summarise(rounds.map(({ elements }) => elements)))} elements in the page`;
}

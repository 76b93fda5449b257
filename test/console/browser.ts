import { AxeBuilder } from '@axe-core/playwright';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Locator, type Page } from 'playwright-core';
import { TEST_KEY } from '../harness/signalbox-process.ts';
import { until } from '../harness/until.ts';

/** So many times slower the pages compute. What a test does not wait for comes too late then, which finds races. */
const SLOWDOWN = Number(process.env['SIGNALBOX_TEST_SLOWDOWN'] ?? 1);
/** Long, as a machine may be busy; below the limit of a test, so that the test says what it waited for. */
const WAIT_MS = 120_000;
/** What a view needs before it is complete. Events are listened to as long as the page is open. */
const NEEDED: ReadonlySet<string> = new Set(['document', 'script', 'stylesheet', 'fetch', 'xhr']);

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** A Chromium of this machine; null where there is none, and then the tests that need one say so and are skipped. */
export const CHROMIUM = (process.env['PATH'] ?? '')
  .split(delimiter)
  .flatMap((folder) => NAMES.map((name) => join(folder, name)))
  .find((path) => existsSync(path)) ?? null;

export async function launchBrowser(): Promise<Browser> {
  if (CHROMIUM === null) throw new Error('install chromium');
  return chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu', '--force-color-profile=srgb'] });
}

/** The dialog that is open. What is told in a corner of the page has the role of a dialog too, and may be there beside one. */
export const openDialog = (page: Page): Locator => page.locator('[role="dialog"]:not([aria-modal="false"])');

/** Waits until a dialog has taken the focus, a frame or more after it is shown: keys that are pressed before go elsewhere. */
export async function untilFocused(dialog: Locator): Promise<void> {
  await until(() => dialog.evaluate((element) => element.contains(element.ownerDocument.activeElement)), WAIT_MS, () => 'the dialog does not take the focus');
}

export interface ViewerOptions {
  readonly key?: string;
  readonly theme?: 'light' | 'dark';
  readonly widthPx?: number;
}

/** One person at the console: a context of its own, signed in by key unless `key` is empty. What the page complains of is kept. */
export class Viewer {
  readonly complaints: string[] = [];
  /** Addresses that the page asked for and that were not answered yet. */
  readonly #pending = new Set<string>();
  /** Addresses that were answered; asked for again, they bring what is shown up to date. */
  readonly #answered = new Set<string>();

  private constructor(
    readonly context: BrowserContext,
    readonly page: Page,
    private readonly url: string,
  ) {
    page.on('pageerror', (error) => this.complaints.push(error.message));
    page.on('console', (message) => message.type() === 'error' && this.complaints.push(message.text()));
    page.on('request', (request) => {
      if (request.isNavigationRequest()) for (const addresses of [this.#pending, this.#answered]) addresses.clear();
      if (NEEDED.has(request.resourceType()) && !this.#answered.has(request.url())) this.#pending.add(request.url());
    });
    page.on('requestfinished', (request) => this.#wasAnswered(request.url()));
    page.on('requestfailed', (request) => this.#wasAnswered(request.url()));
  }

  static async open(browser: Browser, url: string, { key = TEST_KEY, theme = 'light', widthPx = 1440 }: ViewerOptions = {}): Promise<Viewer> {
    const context = await browser.newContext({ baseURL: url, colorScheme: theme, viewport: { width: widthPx, height: 900 }, reducedMotion: 'reduce', timezoneId: 'Europe/Berlin', locale: 'en-GB' });
    context.setDefaultTimeout(WAIT_MS);
    const page = await context.newPage();
    if (SLOWDOWN > 1) await (await context.newCDPSession(page)).send('Emulation.setCPUThrottlingRate', { rate: SLOWDOWN });
    const viewer = new Viewer(context, page, url);
    if (key !== '') await viewer.#openSession(key);
    return viewer;
  }

  /** Through the form, as people do. */
  async signIn(key: string): Promise<void> {
    await this.page.goto(`${this.url}/sign-in`);
    await this.page.getByLabel('API key').fill(key);
    await this.page.getByRole('button', { name: 'Sign in' }).click();
    await this.page.getByRole('navigation', { name: 'Views' }).waitFor();
  }

  /** By the request that the form sends: it spares most tests two views that they do not look at. */
  async #openSession(key: string): Promise<void> {
    const answer = await this.context.request.post(`${this.url}/api/v1/session`, { headers: { authorization: `Bearer ${key}` } });
    if (!answer.ok()) throw new Error(`the session was answered ${answer.status()}: ${await answer.text()}`);
  }

  /** Opens an address of the console and waits until nothing of it is loading. */
  async goto(path: string): Promise<void> {
    await this.page.goto(`${this.url}${path}`);
    await this.settled();
  }

  async settled(): Promise<void> {
    await this.page.getByRole('heading', { level: 1 }).waitFor();
    const loading = this.page.locator('[role="status"][aria-label^="Loading"]');
    const isComplete = async (): Promise<boolean> => {
      if (this.#pending.size > 0 || (await loading.count()) > 0) return false;
      // What came last is drawn when the page has nothing left to do, and may have led to more questions.
      await this.page.evaluate('new Promise((idle) => requestIdleCallback(() => requestIdleCallback(idle)))');
      return this.#pending.size === 0 && (await loading.count()) === 0;
    };
    await until(isComplete, WAIT_MS, () => `the page is still loading: ${[...this.#pending].join(' ')}`);
  }

  #wasAnswered(url: string): void {
    this.#pending.delete(url);
    this.#answered.add(url);
  }

  /** What axe finds wrong with the page, in words; empty where nothing. It runs in the page itself, as there are no frames, and describes no more than what is wrong. */
  async violations(): Promise<string[]> {
    const { violations } = await new AxeBuilder({ page: this.page }).setLegacyMode(true).options({ resultTypes: ['violations'] }).analyze();
    return violations.map(({ id, help, nodes }) => `${id}: ${help}; ${nodes.map(({ target }) => target.join(' ')).slice(0, 3).join(' | ')}`);
  }

  /** A page that is wider than its window has to be pushed from side to side to be read. */
  async overflow(): Promise<string[]> {
    const [content, window] = (await this.page.evaluate('[document.documentElement.scrollWidth, document.documentElement.clientWidth]')) as [number, number];
    return content > window ? [`the page is ${content} px wide in a window of ${window} px`] : [];
  }

  close(): Promise<void> {
    return this.context.close();
  }
}

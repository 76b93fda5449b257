import { type Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TEST_KEY } from '../harness/signalbox-process.ts';
import { CHROMIUM, launchBrowser, Viewer } from './browser.ts';
import { addressOf, viewsOf } from './sights.ts';
import { MODEL, type Sights, TouredHouse } from './toured-house.ts';

const WALK_MS = 900_000;

/** Would run in a page that takes text for markup, in an attribute, a link, a template or a style as well as between tags. */
const hostile = (where: string): string => `"><img src=x onerror="window.taken='${where}'"><svg onload=window.taken=1>`;

describe.skipIf(CHROMIUM === null)('text from outside', () => {
  const house = new TouredHouse();
  let browser: Browser;
  let sights: Sights;

  beforeAll(async () => {
    [browser] = await Promise.all([launchBrowser(), house.start()]);
    sights = await house.furnish(60, {
      canary: hostile('canary'), title: hostile('title'), reason: hostile('reason'), comment: hostile('comment'), receiver: hostile('receiver'), rule: hostile('rule'),
      summary: hostile('summary'), silence: hostile('silence'), freeze: hostile('freeze'), account: hostile('account'), feedback: hostile('feedback'), card: hostile('card'),
    });
  });

  afterAll(async () => {
    await browser?.close();
    await house.stop();
  });

  it('stays text in every view, wherever it came from', async () => {
    // A request's labels are words of letters and digits: anything else is refused at the door.
    await expect(house.traffic(1, [{ prompt: 'x', task: hostile('task'), language: 'en' }])).rejects.toThrow(/metadata\.task/);
    const [requestId] = await house.traffic(1, [{ prompt: hostile('prompt'), task: 'hostile', language: 'en' }]);
    await house.recorded([requestId!]);
    const viewer = await Viewer.open(browser, house.signalbox.url);
    const taken: string[] = [];
    for (const { path, act } of viewsOf({ ...sights, requestId: requestId! })) {
      await viewer.goto(addressOf({ path }, MODEL));
      await act?.(viewer.page);
      const found = await viewer.page.evaluate(`window.taken ?? document.querySelector('img[src="x"], svg[onload], a[href^="javascript:"]')?.outerHTML ?? null`);
      if (found !== null) taken.push(`${path}: ${JSON.stringify(found)}`);
    }
    expect(taken).toEqual([]);
    expect(viewer.complaints).toEqual([]);
    await viewer.close();
  }, WALK_MS);

  it('could not run if it were markup: the policy of the page lets no inline script, event handler, eval or foreign host through', async () => {
    const viewer = await Viewer.open(browser, house.signalbox.url);
    const policy = (await viewer.page.goto('/'))!.headers()['content-security-policy'];
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/unsafe-|\*|https?:/);
    await viewer.settled();
    const ran = await viewer.page.evaluate(`(async () => {
      const script = document.createElement('script');
      script.textContent = "window.taken = 'inline'";
      document.body.append(script);
      const image = document.createElement('div');
      image.innerHTML = '<img src="data:," onerror="window.taken = \\'handler\\'">';
      document.body.append(image);
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
      const foreign = await fetch('http://127.0.0.2:9/').then(() => 'fetched', () => null);
      return window.taken ?? foreign;
    })()`);
    expect(ran).toBeNull();
    expect(viewer.complaints.join('\n')).toMatch(/Content Security Policy/);
    await viewer.close();
  });

  it('keeps the session out of the reach of scripts', async () => {
    const viewer = await Viewer.open(browser, house.signalbox.url, { key: '' });
    await viewer.signIn(TEST_KEY);
    const cookies = await viewer.context.cookies();
    expect(cookies.map(({ name, httpOnly, sameSite }) => ({ name, httpOnly, sameSite }))).toEqual([{ name: 'signalbox_session', httpOnly: true, sameSite: 'Lax' }]);
    const reachable = String(await viewer.page.evaluate('JSON.stringify({ local: { ...localStorage }, session: { ...sessionStorage }, cookie: document.cookie })'));
    expect(reachable).not.toContain(cookies[0]!.value);
    expect(reachable).not.toMatch(/csrf|sbx_|test-0123/i);
    await viewer.close();
  });
});

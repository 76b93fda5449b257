import { type Page } from 'playwright-core';
import { type Sights } from './toured-house.ts';

/** A view with something to see in it. */
export interface View {
  /** Of its picture. */
  readonly name: string;
  readonly path: string;
  /** What a visitor does there first, where the view shows more then. */
  readonly act?: (page: Page) => Promise<void>;
}

const PROMPT = 'And it came to pass in those days, that there went out a decree';

async function lookAtTrace(page: Page): Promise<void> {
  await page.getByRole('button', { name: /look at the trace/i }).click();
  await page.getByRole('button', { name: /look at the trace/i }).waitFor({ state: 'detached' });
}

async function ask(page: Page): Promise<void> {
  await page.getByRole('textbox', { name: 'Prompt' }).fill(PROMPT);
  await page.getByRole('button', { name: 'Send' }).click();
  await page.getByRole('link', { name: 'Open its trace' }).waitFor();
}

async function askBoth(page: Page): Promise<void> {
  await page.getByRole('textbox', { name: 'Prompt' }).fill(PROMPT);
  await page.getByRole('button', { name: 'Ask both' }).click();
  await page.getByRole('button', { name: 'Look at both traces' }).click();
  await page.getByText('Decisions that differ').waitFor();
}

async function showDifference(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Show the difference' }).click();
  await page.getByRole('button', { name: 'Create the release' }).waitFor();
}

async function askForKey(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Trust a key…' }).click();
  await page.getByRole('button', { name: 'Trust this key' }).waitFor();
}

/** Every view of the console. */
export const viewsOf = ({ requestId, stable, candidate, changeId, alertId, receiverId, accountId, componentSha256 }: Sights): readonly View[] => [
  { name: 'overview', path: '/' },
  { name: 'routing', path: '/routing' },
  { name: 'routing-layer', path: '/routing?layer=1' },
  { name: 'expert', path: '/experts/2/5' },
  { name: 'requests', path: '/requests' },
  { name: 'request', path: `/requests/${requestId}`, act: lookAtTrace },
  { name: 'playground', path: '/playground', act: ask },
  { name: 'playground-compare', path: `/playground/compare?a=${stable}&b=${candidate}`, act: askBoth },
  { name: 'releases', path: '/releases' },
  { name: 'release', path: `/releases/${candidate}` },
  { name: 'release-compare', path: `/releases/compare?a=${stable}&b=${candidate}` },
  { name: 'release-compose', path: `/releases/new?base=${stable}&replace=expert/2/5:${componentSha256}&topK=1`, act: showDifference },
  { name: 'imports', path: '/releases/imports' },
  { name: 'trust', path: '/releases/trust', act: askForKey },
  { name: 'component', path: `/releases/components/${componentSha256}` },
  { name: 'changes', path: '/changes' },
  { name: 'change', path: `/changes/${changeId}` },
  { name: 'change-calendar', path: '/changes/calendar' },
  { name: 'alerts', path: '/alerts' },
  { name: 'alert', path: `/alerts/${alertId}` },
  { name: 'alert-rule', path: '/alerts/rules/uneven-layer' },
  { name: 'alert-silences', path: '/alerts/silences' },
  { name: 'receiver', path: `/alerts/receivers/${receiverId}` },
  { name: 'audit', path: '/audit' },
  { name: 'settings', path: '/settings' },
  { name: 'account', path: `/settings/accounts/${accountId}` },
];

/** Its address, with the scope that the tour looks at. */
export function addressOf({ path }: Pick<View, 'path'>, model: string): string {
  return `${path}${path.includes('?') ? '&' : '?'}model=${model}&range=15m`;
}

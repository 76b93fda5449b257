import { type ApiClient, type CallOutput } from '../api/api-client.ts';
import { printable } from '../render/plain-text.ts';
import { type Terminal } from '../terminal.ts';

type Page = CallOutput<'listRecallRequests'>;

/** After so many pages, not each is told of. */
const PAGES_TOLD = 10;

/**
 * Prints the requests that a component version touched, each as soon as it is found: what was found stays,
 * however it ends. The summary comes last, also after Ctrl-C or a failure.
 */
export async function listTouched(client: ApiClient, terminal: Terminal, sha256: string, { selected, json }: { readonly selected: boolean; readonly json: boolean }): Promise<void> {
  const sums = { looked: 0, found: 0, unreadable: 0, unknown: 0 };
  let basis: Page['basis'] | null = null;
  let complete = false;
  let cursor: string | undefined;
  try {
    for (let pages = 1; !complete; pages += 1) {
      const page: Page = await client.call('listRecallRequests', { params: { sha256 }, query: { limit: '200', selected: selected ? 'true' : 'false', cursor } });
      if (selected && basis === null && page.basis === 'release') terminal.note('This is no expert: it took part in every request of its releases.');
      basis = page.basis;
      sums.looked += page.looked;
      sums.found += page.found;
      sums.unreadable += page.unreadable.length;
      sums.unknown = page.unknown;
      for (const line of lines(page, json)) terminal.print(line);
      complete = page.nextCursor === null;
      cursor = page.nextCursor ?? undefined;
      if (!complete && (pages <= PAGES_TOLD || pages % PAGES_TOLD === 0)) terminal.note(`${sums.looked} requests looked at, ${sums.found} found`);
    }
  } finally {
    if (basis !== null) {
      if (json) terminal.print(JSON.stringify({ summary: { sha256, basis, ...sums, complete, nextCursor: cursor ?? null } }));
      terminal.note(summary(basis, sums, complete));
    }
  }
}

function lines({ items, unreadable }: Page, json: boolean): string[] {
  if (json) return [...items.map((item) => JSON.stringify(item)), ...unreadable.map((item) => JSON.stringify({ ...item, unreadable: true }))];
  const start = ({ requestId, at, releaseId, status }: Page['unreadable'][number]): string => `${requestId}  ${at}  ${releaseId.slice(0, 12)}  ${status.padEnd(9)}`;
  return [
    ...items.map((item) => `${start(item)}${(item.experts ?? []).map(({ component, tokens, gateMass }) => `  ${printable(component)}: ${tokens} tokens, gates ${gateMass.toFixed(2)}`).join('')}`.trimEnd()),
    ...unreadable.map((item) => `${start(item)}  trace does not open`),
  ];
}

function summary(basis: Page['basis'], { looked, found, unreadable, unknown }: { readonly looked: number; readonly found: number; readonly unreadable: number; readonly unknown: number }, complete: boolean): string {
  const parts = [
    complete ? `${found} of ${looked} recorded requests.` : `Not all: ${found} of the first ${looked} recorded requests.`,
    ...(unreadable > 0 ? [`${unreadable} have a trace that does not open: they may have touched it.`] : []),
    ...(unknown > 0 ? [basis === 'selection' ? `Unknown: up to ${unknown} more whose traces are past retention.` : `${unknown} more are past retention and cannot be listed.`] : []),
  ];
  return parts.join(' ');
}

import { type ApiClient } from './api-client.ts';
import { CliError, EXIT } from './exit-code.ts';
import { allPages } from './pages.ts';

/** Fewer digits than these are too easily those of another one. */
const SHORT = /^[0-9a-f]{8,63}$/;
/** Releases that are looked through for a short id. */
const MAX_RELEASES = 10_000;

/** The whole id of a release whose first 8 or more digits are given, as tables show it; what else is given stays. @throws CliError where none or several begin so */
export async function releaseInFull(client: ApiClient, given: string): Promise<string> {
  if (!SHORT.test(given)) return given;
  const { items } = await allPages((cursor) => client.call('listReleases', { query: { cursor, limit: '200' } }), MAX_RELEASES);
  return only(given, items.map(({ releaseId }) => releaseId), 'release', 'signalbox releases');
}

/** The whole digest of a component version, likewise. @throws CliError where none or several begin so */
export async function componentInFull(client: ApiClient, given: string): Promise<string> {
  if (!SHORT.test(given)) return given;
  const { items } = await client.call('listComponents', { query: { text: given, limit: '200' } });
  return only(given, items.map(({ sha256 }) => sha256), 'component version', 'signalbox components list');
}

function only(given: string, all: readonly string[], what: string, lists: string): string {
  const found = all.filter((one) => one.startsWith(given));
  if (found.length === 1 && found[0]) return found[0];
  throw new CliError(EXIT.notFound, found.length === 0 ? `No ${what} begins with ${given}: ${lists} lists them.` : `${found.length} ${what}s begin with ${given}: give more digits.`);
}

import { problemSchema } from '#libs/contract/management/common';
import { CliError, EXIT } from './exit-code.ts';

/** What to do in a shell about a problem of the API, by its code. */
const REMEDIES: Readonly<Record<string, string>> = {
  key_malformed: 'Check SIGNALBOX_API_KEY: a key begins with sbx_ and has no blanks.',
  key_unknown: 'Check SIGNALBOX_API_KEY, and that SIGNALBOX_URL names the server that gave it.',
  model_not_found: 'signalbox releases lists the models.',
  release_not_found: 'signalbox releases lists them.',
  change_required: 'signalbox change create drafts one, signalbox change --help tells how it goes on.',
};

/** The command that lists what an address of the API lists. */
const LISTS: Readonly<Record<string, string>> = {
  accounts: 'signalbox accounts list', 'alert-rules': 'signalbox rules', alerts: 'signalbox alerts', audit: 'signalbox audit list', baselines: 'signalbox baseline list', changes: 'signalbox change list', components: 'signalbox components list',
  'freeze-windows': 'signalbox freeze list', keys: 'signalbox keys list', receivers: 'signalbox receivers list', releases: 'signalbox releases', rollouts: 'signalbox rollout status', silences: 'signalbox silences', 'trusted-keys': 'signalbox trust list',
};
const LISTED_BY = /[;:]? ?GET \/api\/v1\/([a-z-]+)\S* lists [^.]+/;

/** The server's own words and, where there is one, the remedy in a shell. */
export function refusal(status: number, json: unknown): CliError {
  const problem = problemSchema.safeParse(json);
  if (!problem.success) return new CliError(exitCodeOf(status), `The server answered with status ${status}; that may not be a Signalbox of this version. Check SIGNALBOX_URL.`);
  const { code, title, detail } = problem.data;
  // Where a field stands in the HTTP request means nothing here.
  const said = detail.replace(/^(Path|Query|Body|Header) field /, '');
  const list = LISTS[LISTED_BY.exec(said)?.[1] ?? ''];
  const remedy = list === undefined ? REMEDIES[code] : `${list} lists them.`;
  if (remedy === undefined) return new CliError(exitCodeOf(status), said.startsWith('GET ') ? `${title}: ${said}` : said);
  const words = said.replace(LISTED_BY, '').replace(' at POST /api/v1/changes', '').replace(/\.\.$/, '.');
  // Of some nothing is left but the name of a field; then the title says what is wrong.
  return new CliError(exitCodeOf(status), `${/^\w*\.?$/.test(words) ? `${title}.` : words}\n${remedy}`);
}

/** For an answer of the server that is an error. */
export function exitCodeOf(status: number): number {
  if (status === 401 || status === 403) return EXIT.refused;
  if (status === 404 || status === 410) return EXIT.notFound;
  return status === 400 ? EXIT.usage : EXIT.failed;
}

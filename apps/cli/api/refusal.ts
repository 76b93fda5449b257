import { problemSchema } from '#libs/contract/management/common';
import { CliError, EXIT } from './exit-code.ts';

/** What to do in a shell about a problem of the API, by its code. */
const REMEDIES: Readonly<Record<string, string>> = {
  key_malformed: 'Check SIGNALBOX_API_KEY: a key begins with sbx_ and has no blanks.',
  key_unknown: 'Check SIGNALBOX_API_KEY, and that SIGNALBOX_URL names the server that gave it.',
  model_not_found: 'signalbox releases lists the models.',
  release_not_found: 'signalbox releases lists them.',
  change_not_found: 'signalbox change list lists them.',
  freeze_not_found: 'signalbox freeze list lists them.',
  change_required: 'signalbox change create drafts one, signalbox change --help tells how it goes on.',
  key_not_found: 'signalbox keys list lists them.',
};

/** The server's own words and, where there is one, the remedy in a shell. */
export function refusal(status: number, json: unknown): CliError {
  const problem = problemSchema.safeParse(json);
  if (!problem.success) return new CliError(exitCodeOf(status), `The server answered with status ${status}; that may not be a Signalbox of this version. Check SIGNALBOX_URL.`);
  // Where a field stands in the HTTP request means nothing here.
  const detail = problem.data.detail.replace(/^(Path|Query|Body|Header) field /, '');
  const remedy = REMEDIES[problem.data.code];
  if (remedy === undefined) return new CliError(exitCodeOf(status), detail);
  return new CliError(exitCodeOf(status), `${detail.replace(/[;:]? GET \S+ lists [^.]+/, '').replace(/ at POST \/api\/v1\/changes/, '')}\n${remedy}`);
}

/** For an answer of the server that is an error. */
export function exitCodeOf(status: number): number {
  if (status === 401 || status === 403) return EXIT.refused;
  if (status === 404 || status === 410) return EXIT.notFound;
  return status === 400 ? EXIT.usage : EXIT.failed;
}

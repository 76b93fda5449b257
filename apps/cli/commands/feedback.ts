import { type Command, InvalidArgumentError, Option } from 'commander';
import { type ApiClient } from '../api/api-client.ts';
import { allPages } from '../api/pages.ts';
import { printable, table } from '../render/plain-text.ts';
import { type Terminal } from '../terminal.ts';

const MAX_SHOWN = 1000;
const MAX_EXPERTS = 20;

interface GivenOptions {
  readonly score?: number;
  readonly label?: string;
  readonly comment?: string;
  readonly program?: boolean;
  readonly source?: string;
}

interface ListOptions {
  readonly request?: string;
  readonly release?: string;
  readonly label?: string;
  readonly kind?: 'user' | 'program';
  readonly from?: string;
  readonly to?: string;
  readonly json?: boolean;
}

interface QualityOptions {
  readonly model?: string;
  readonly release?: string;
  readonly layer?: string;
  readonly from?: string;
  readonly to?: string;
  readonly json?: boolean;
}

/** Adds `signalbox feedback ...` and `signalbox quality`. */
export function addFeedbackCommands(program: Command, terminal: Terminal, client: () => ApiClient): void {
  const feedback = program.command('feedback').description('how good answers were');
  feedback
    .command('add')
    .argument('<request-id>', 'from the x-request-id header of the answer')
    .description('say how good an answer was: a score, a label or a comment')
    .option('--score <number>', '0 for bad, 1 for good', score)
    .option('--label <word>', 'such as wrong-language')
    .option('--comment <text>', 'for people')
    .option('--program', 'a program judged, not a person')
    .option('--source <name>', 'who or what judged (default: your account)')
    .action(async (requestId: string, { score: given, label, comment, program: isProgram, source }: GivenOptions) => {
      const kept = await client().call('createFeedback', { body: { requestId, score: given, label, comment, kind: isProgram ? 'program' : 'user', source } });
      terminal.print(`Feedback ${kept.id} on request ${kept.requestId} is kept.`);
    });
  feedback
    .command('list')
    .description('list feedback, newest first')
    .option('--request <id>', 'only on this request')
    .option('--release <id>', 'only on requests that this release answered')
    .option('--label <word>', 'only with this label')
    .addOption(new Option('--kind <kind>', 'only by people, or by programs').choices(['user', 'program']))
    .option('--from <time>', 'start, such as 2026-01-31T12:00:00Z')
    .option('--to <time>', 'end')
    .option('--json', 'as JSON')
    .action(async ({ request, release, label, kind, from, to, json }: ListOptions) => {
      const api = client();
      const { items, more } = await allPages((cursor) => api.call('listFeedback', { query: { requestId: request, release, label, kind, from, to, cursor, limit: '200' } }), MAX_SHOWN);
      if (json) return terminal.print(JSON.stringify(items, null, 2));
      const rows = items.map((one) => [one.at.slice(0, 19).replace('T', ' '), one.requestId, one.score?.toFixed(2) ?? '-', printable(one.label ?? '-'), one.kind, printable(one.source === '' ? one.givenBy : one.source), printable(one.comment ?? '')]);
      terminal.print(rows.length > 0 ? table(['at (UTC)', 'request', 'score', 'label', 'kind', 'by', 'comment'], rows, 99) : 'No feedback.');
      if (more) terminal.note(`Only the newest ${items.length} are shown.`);
    });
  program
    .command('quality')
    .description('how answers were liked, by the experts that served them')
    .option('--model <name>', 'model (needed when there are several)')
    .option('--release <id>', 'release (default: the one that answers)')
    .option('--layer <n>', 'only this layer')
    .option('--from <time>', 'start of the time of the requests (default: 30 days before the end)')
    .option('--to <time>', 'end (default: now)')
    .option('--json', 'as JSON')
    .action(async ({ json, ...query }: QualityOptions) => {
      const found = await client().call('getQuality', { query: { ...query } });
      if (json) return terminal.print(JSON.stringify(found, null, 2));
      if (found.withheld) return terminal.print(`Fewer than ${found.withheld.minRequests} requests were scored: nothing is shown.`);
      const rows = (found.experts ?? []).slice(0, MAX_EXPERTS).map((one) => [
        String(one.layer), String(one.expert), one.tokenShare.toFixed(3), one.score.toFixed(3), one.restScore?.toFixed(3) ?? '-', one.lost?.toFixed(3) ?? '-',
        one.interval ? `${one.interval.low.toFixed(3)} to ${one.interval.high.toFixed(3)}` : '-', one.eValue?.toPrecision(3) ?? '-',
      ]);
      terminal.print(`${printable(found.model)} ${found.releaseId.slice(0, 12)}: mean score ${found.meanScore?.toFixed(3) ?? '-'} over ${found.requests ?? 0} requests.`);
      terminal.print(table(['layer', 'expert', 'tokens', 'score', 'others', 'lost', '95 % interval', 'e-value'], rows, 0));
    });
}

function score(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 1)) throw new InvalidArgumentError('Give a number from 0 to 1.');
  return value;
}

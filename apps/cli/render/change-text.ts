import { type CallOutput } from '../api/api-client.ts';
import { printable, table } from './plain-text.ts';

export type ChangeShown = CallOutput<'getChange'>;
export type ChangeListed = CallOutput<'listChanges'>['items'][number];

/** Lines of a diff at most; the dossier has all of them. */
const MAX_DIFF_LINES = 40;

/** A change request for people: what it does, what it stands on, what blocks it, and what to do next. */
export function changeText(change: ChangeShown): string {
  return [
    `Change ${change.number}: ${printable(change.title)}`,
    `${change.type}, ${change.class}, ${change.state}${change.model === null ? '' : `, model ${printable(change.model)}`}`,
    `id       ${change.id}`,
    `digest   ${change.digest}`,
    `author   ${printable(change.author.name)} (${change.author.account})`,
    ...(change.schedule ? [`schedule ${change.schedule.at} to ${change.schedule.until}`] : []),
    ...(change.appliedAt === null ? [] : [`applied  ${change.appliedAt} by ${change.appliedBy ?? ''}`]),
    '',
    `What changes: ${printable(change.diff.summary)}`,
    ...change.diff.lines.slice(0, MAX_DIFF_LINES).map((one) => `  ${printable(one)}`),
    ...(change.diff.lines.length > MAX_DIFF_LINES ? [`  ... ${change.diff.lines.length - MAX_DIFF_LINES} more lines: signalbox change dossier ${change.id}`] : []),
    ...change.warnings.map((one) => `  warning: ${printable(one)}`),
    ...section('Evidence', change.evidence.filter(({ removedAt }) => removedAt === null).map((one) => `${one.kind.padEnd(20)} ${one.sha256.slice(0, 12)}  ${printable(one.title)}`)),
    ...section('Votes', change.votes.map((one) => `${one.verdict} by ${printable(one.accountName)}, ${one.standing}${one.comment === '' ? '' : `: ${printable(one.comment)}`}`)),
    ...section('Discussion', change.comments.map((one) => `${printable(one.accountName)}: ${printable(one.text)}`)),
    ...(isLive(change) ? section('What blocks it', change.blockers.map(({ reason, detail }) => `${reason}: ${printable(detail)}`)) : []),
    ...section('Next', nextSteps(change)),
  ].join('\n');
}

export function changeTable(changes: readonly ChangeListed[]): string {
  const rows = changes.map(({ number, id, state, type, model, title, createdAt }) => [String(number), id, state, type, printable(model ?? ''), createdAt.slice(0, 16).replace('T', ' '), printable(title)]);
  return rows.length > 0 ? table(['nr', 'id', 'state', 'type', 'model', 'created (UTC)', 'title'], rows, 99) : 'No change request.';
}

/** Commands that bring the request on. */
export function nextSteps(change: ChangeShown): string[] {
  const command = (text: string): string => `signalbox ${text}`;
  const { id, state, blockers } = change;
  const missing = blockers.flatMap(({ evidence }) => (evidence === undefined ? [] : [evidence]));
  if (state === 'applying') return underWay(change);
  if (state === 'applied' && change.breakGlass && change.breakGlass.review?.verdict !== 'confirmed') return [`someone else: ${command(`change review ${id} confirmed --note "..."`)}`];
  if (state === 'applied') return [command(`change dossier ${id}`)];
  if (!isLive(change)) return [];
  if (blockers.some(({ reason }) => reason === 'base-changed' || reason === 'not-plannable')) return [command(`change edit ${id}`)];
  if (missing.length > 0) return missing.map((kind) => command(`change evidence add ${id} ${kind} FILE`));
  if (state === 'draft') return [command(`change submit ${id}`)];
  if (blockers.some(({ reason }) => reason === 'approvals-missing')) return [`someone else: ${command(`change approve ${id}`)}`];
  if (state === 'scheduled') return [`it is applied by itself; ${command(`change unschedule ${id}`)} takes that back`];
  return blockers.length > 0 ? [] : [command(`change apply ${id}`), command(`change schedule ${id} TIME`)];
}

function underWay({ id, model, outcome }: ChangeShown): string[] {
  const rollout = outcome?.['rollout'];
  if (typeof rollout === 'string') return [`signalbox rollout watch ${rollout}`];
  return [`signalbox change promote ${id}`, `or back: signalbox abort --model ${printable(model ?? '')}`];
}

function isLive({ state }: ChangeShown): boolean {
  return state === 'draft' || state === 'open' || state === 'approved' || state === 'scheduled';
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', `${title}:`, ...lines.map((one) => `  ${one}`)];
}

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
    ...(typeof change.outcome?.['detail'] === 'string' ? [`outcome  ${printable(change.outcome['detail'])}`] : []),
    '',
    `What changes: ${printable(change.diff.summary)}`,
    ...change.diff.lines.slice(0, MAX_DIFF_LINES).map((one) => `  ${printable(one)}`),
    ...(change.diff.lines.length > MAX_DIFF_LINES ? [`  ... ${change.diff.lines.length - MAX_DIFF_LINES} more lines: signalbox change dossier ${change.id}`] : []),
    ...change.warnings.map((one) => `  warning: ${printable(one)}`),
    ...section('Evidence', change.evidence.filter(({ removedAt }) => removedAt === null).map((one) => `${one.kind.padEnd(20)} ${one.sha256.slice(0, 12)}  ${printable(one.title)}`)),
    ...section('Votes', change.votes.map((one) => `${one.verdict} by ${printable(one.accountName)}, ${one.standing}${one.comment === '' ? '' : `: ${printable(one.comment)}`}`)),
    ...section('Discussion', change.comments.map((one) => `${printable(one.accountName)}: ${printable(one.text)}`)),
    ...section('Broken glass', glassLines(change)),
    ...(isLive(change) ? section('What blocks it', change.blockers.map(({ reason, detail }) => `${reason}: ${printable(detail)}`)) : []),
    ...section('Next', nextSteps(change)),
  ].join('\n');
}

export function changeTable(changes: readonly ChangeListed[]): string {
  const rows = changes.map(({ number, id, state, type, model, title, createdAt }) => [String(number), id, state, type, printable(model ?? ''), createdAt.slice(0, 16).replace('T', ' '), printable(title)]);
  return rows.length > 0 ? table(['nr', 'id', 'state', 'type', 'model', 'created (UTC)', 'title'], rows, 99) : 'No change request: signalbox change create drafts one.';
}

/** Commands that bring the request on. */
export function nextSteps(change: ChangeShown): string[] {
  const command = (text: string): string => `signalbox ${text}`;
  const { id, state, blockers } = change;
  const missing = blockers.flatMap(({ evidence }) => (evidence === undefined ? [] : [evidence]));
  const review = change.breakGlass && change.breakGlass.review?.verdict !== 'confirmed' ? [`someone else: ${command(`change review ${id} confirmed --note "..."`)}`] : [];
  if (state === 'applying') return [...underWay(change), ...review];
  if (review.length > 0) return review;
  if (state === 'applied' || state === 'failed') return [command(`change dossier ${id}`)];
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

/** Who applied it without approvals, why, and what that still owes. */
function glassLines({ breakGlass }: ChangeShown): string[] {
  if (!breakGlass) return [];
  const { byName, at, reason, until, reviewDue, review } = breakGlass;
  const owed = review === null ? `owes a review by ${reviewDue}` : `reviewed by ${printable(review.byName)}: ${review.verdict}${review.note === '' ? '' : `, ${printable(review.note)}`}`;
  return [`by ${printable(byName)} at ${at}: ${printable(reason)}`, ...(review?.verdict === 'confirmed' ? [owed] : [owed, `stays without a further word until ${until}: confirm it, or roll it back`])];
}

function isLive({ state }: ChangeShown): boolean {
  return state === 'draft' || state === 'open' || state === 'approved' || state === 'scheduled';
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', `${title}:`, ...lines.map((one) => `  ${one}`)];
}

import { type DossierBody } from './dossier.ts';

/** A dossier in Markdown. What people wrote is quoted or in one line, so that it cannot pass for a heading. */
export function dossierText({ change, policy, rollout, outcome, audit, writtenAt }: DossierBody): string {
  return [
    `# Change ${change.number}: ${line(change.title)}`,
    '',
    ...table(['what', ''], [
      ['id', change.id], ['type', change.type], ['class', change.class], ['state', change.state], ['model', change.model ?? 'none'], ['author', `${line(change.author.name)} (${change.author.account})`],
      ['created', change.createdAt], ['submitted', change.submittedAt ?? 'not yet'], ['applied', change.appliedAt === null ? 'not yet' : `${change.appliedAt} by ${change.appliedBy ?? ''}`],
      ['digest of the change', change.changeDigest], ['digest with evidence', change.digest], ['policy', `version ${policy.version}, SHA-256 ${policy.sha256}`], ['written', writtenAt],
    ]),
    '## Reason', '', quote(change.reason), '',
    '## What it changes', '', line(change.diff.summary), '', ...fence(change.diff.lines),
    '## Evidence', '',
    ...table(['kind', 'title', 'SHA-256', 'by', 'at', ''], change.evidence.map((one) => [one.kind, line(one.title), one.sha256, line(one.addedByName), one.addedAt, one.removedAt === null ? '' : `removed ${one.removedAt}`])),
    '## Votes', '',
    ...table(['verdict', 'by', 'roles', 'digest', 'at', 'standing', 'comment'], change.votes.map((one) => [one.verdict, `${line(one.accountName)} (${one.account})`, one.roles.join(', '), one.digest, one.at, one.standing, line(one.comment)])),
    '## Decision', '', ...decisionLines(change), '',
    '## Discussion', '', ...(change.comments.length === 0 ? ['None.', ''] : change.comments.flatMap(({ accountName, at, text }) => [`${line(accountName)}, ${at}:`, '', quote(text), ''])),
    '## Rollout', '', ...(rollout === null ? ['None.', ''] : fence(JSON.stringify(rollout, null, 2).split('\n'))),
    '## Outcome', '', outcome.text, '', ...(change.outcome === null ? [] : fence(JSON.stringify(change.outcome, null, 2).split('\n'))),
    '## History', '',
    ...table(['at', 'who', 'what', 'from', 'to'], change.history.map((one) => [one.at, one.actor, one.event, one.fromState ?? '', one.toState])),
    '## Audit entries', '', 'Each is a link of the chain; `signalbox audit verify` proves an export that holds them.', '',
    ...table(['seq', 'at', 'who', 'action', 'subject', 'hash'], audit.map((one) => [String(one.seq), one.at, one.actor, one.action, one.subject, one.hash])),
  ].join('\n');
}

function decisionLines({ decision, breakGlass }: DossierBody['change']): string[] {
  const glass = breakGlass && [
    `The glass was broken by ${line(breakGlass.byName)} (${breakGlass.by}) at ${breakGlass.at}, to be confirmed or reverted by ${breakGlass.until}:`, '', quote(breakGlass.reason), '',
    breakGlass.review ? `Reviewed by ${line(breakGlass.review.byName)} at ${breakGlass.review.at}: ${breakGlass.review.verdict}. ${line(breakGlass.review.note)}` : `A review is owed by ${breakGlass.reviewDue}.`,
  ];
  if (!decision) return [...(glass ?? []), 'Not applied.'];
  return [...(glass ?? []), `Policy version ${decision.policyVersion} let it through at ${decision.at} by ${decision.policies.join(', ') || 'no policy'}; ${decision.approvals.length} ${decision.approvals.length === 1 ? 'approval' : 'approvals'} counted.`];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return ['None.', ''];
  const row = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [row(head), row(head.map(() => '---')), ...rows.map(row), ''];
}

/** A fence longer than any within it. */
function fence(lines: readonly string[]): string[] {
  const longest = Math.max(2, ...lines.flatMap((one) => (one.match(/`+/g) ?? []).map(({ length }) => length)));
  const mark = '`'.repeat(longest + 1);
  return [mark, ...lines, mark, ''];
}

function quote(text: string): string {
  return text.split('\n').map((one) => `> ${one}`).join('\n');
}

function line(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll(/[<>[\]`*_#]/g, (character) => `\\${character}`).trim();
}

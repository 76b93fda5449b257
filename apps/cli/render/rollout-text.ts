import { type CallOutput } from '../api/api-client.ts';
import { printable, table } from './plain-text.ts';

export type RolloutView = CallOutput<'getRollout'>;
type Verdict = CallOutput<'listRolloutVerdicts'>['items'][number];
type GuardFigures = Verdict['figures']['guards'][number];

/** How a rollout stands, in a line. */
export function rolloutLine({ id, state, reason, step, steps, share, current }: RolloutView): string {
  const { candidateRequests, comparedRequests, minRequests } = current.figures;
  const seen = share === 0 ? `${comparedRequests} of ${minRequests} compared requests` : `${candidateRequests} of ${minRequests} requests`;
  const missing = current.missing === null || over(state) ? '' : ` (${printable(current.missing)})`;
  return `${id} ${state}: step ${step + 1} of ${steps} at ${percent(share)}, ${seen}, ${printable(reason)}${missing}`;
}

/** A rollout with its steps and what each guard says. */
export function rolloutText(rollout: RolloutView): string {
  const { id, model, candidate, stable, stepResults, current } = rollout;
  const { figures } = current;
  const tokens = Object.entries(figures.expertTokens).map(([name, count]) => `${printable(name)} ${count}`);
  return [
    `Rollout ${id} of ${printable(model)}`,
    `from ${stable.slice(0, 12)} to ${candidate.slice(0, 12)}`,
    '',
    table(['step', 'share', 'state', 'began (UTC)'], stepResults.map(({ step, share, state, startedAt }) => [String(step + 1), percent(share), state, startedAt.slice(0, 19).replace('T', ' ')]), 9),
    '',
    `${rollout.state}: ${printable(rollout.reason)}${current.missing === null || over(rollout.state) ? '' : ` (${printable(current.missing)})`}`,
    // A step without a share is a shadow only: what counts is what was compared.
    rollout.share === 0
      ? `Requests in this step: stable ${figures.stableRequests}, compared ${figures.comparedRequests} of ${figures.minRequests}.`
      : `Requests in this step: candidate ${figures.candidateRequests} of ${figures.minRequests}, stable ${figures.stableRequests}, compared ${figures.comparedRequests}.`,
    ...(figures.minTokensPerChangedExpert > 0 ? [`Tokens of changed experts, each of ${figures.minTokensPerChangedExpert}: ${tokens.join(', ') || 'none changed'}.`] : []),
    '',
    table(['guard', 'seen', 'candidate', 'stable', 'worse by', 'interval', 'margin', 'evidence', 'fails at'], figures.guards.map(guardRow)),
    '',
    'Evidence is an e-value: how many times what was bet against "worse by no more than the margin" has grown.',
  ].join('\n');
}

/** A verdict in a line. */
export function verdictLine({ at, step, verdict, reason, guard, figures }: Verdict): string {
  const missing = figures.missing ? ` (${printable(figures.missing)})` : '';
  const own = figures.guards.find((one) => one.guard === guard);
  const evidence = own ? `, worse by ${figure(own.effect)} of a margin of ${figure(own.margin)}, evidence ${figure(own.peakEValue)} of ${figure(own.failsAt)}` : '';
  return `${at.slice(0, 19).replace('T', ' ')}  step ${step + 1}  ${verdict}: ${printable(reason)}${missing}${guard === null ? '' : ` by ${printable(guard)}`}${evidence}`;
}

/** What was missing for the next step is of no use any more. */
function over(state: RolloutView['state']): boolean {
  return state === 'superseded' || state === 'aborted';
}

function guardRow({ guard, layer, observations, candidate, stable, effect, interval, margin, peakEValue, failsAt }: GuardFigures): string[] {
  const range = interval === null ? '' : `${figure(interval.low)} to ${figure(interval.high)}`;
  return [printable(guard) + (layer === null ? '' : ` (layer ${layer})`), String(observations), figure(candidate), figure(stable), figure(effect), range, figure(margin), figure(peakEValue), figure(failsAt)];
}

function figure(value: number | null): string {
  if (value === null) return '';
  return Math.abs(value) >= 1000 ? value.toExponential(1) : String(Number(value.toPrecision(3)));
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(2))}%`;
}

import { type Alert, type AlertState, type AlertTiming, isFiring, type Observation } from './alert.ts';

/** What an observation did, by name. `fired` and `resolved` are told to receivers, and come in turn. */
export type AlertEvent =
  | { readonly type: 'unchanged' }
  | { readonly type: 'fired' | 'resolved' | 'changed'; readonly from: AlertState; readonly to: AlertState };

export interface AlertStep {
  readonly alert: Alert;
  readonly event: AlertEvent;
}

/**
 * The life of an alert: normal -> pending (for `forMs`) -> alerting -> recovering (for
 * `keepFiringForMs`) -> normal. A breach while recovering goes on with the same episode. Errors and
 * missing data fire as episodes of their own kind, so that a broken detector cannot pass for a quiet
 * one. An observation older than the last is ignored.
 */
export function stepAlert(alert: Alert, observation: Observation, timing: AlertTiming): AlertStep {
  const { atMs, kind } = observation;
  if (kind !== 'nothing' && atMs < alert.lastObservedMs) return { alert, event: { type: 'unchanged' } };
  const seen: Alert = kind === 'nothing' ? alert : { ...alert, lastObservedMs: atMs };
  switch (kind) {
    case 'breached':
      return breached(seen, atMs, timing);
    case 'clear':
      return cleared(seen, atMs, timing);
    case 'error':
      return move(seen, 'error', atMs);
    default:
      return waited(seen, atMs, timing);
  }
}

function breached(alert: Alert, atMs: number, { forMs }: AlertTiming): AlertStep {
  const since = alert.breachedSinceMs ?? atMs;
  const next = { ...alert, breachedSinceMs: since, lastBreachMs: atMs };
  // Once it fires it goes on firing: `for` is asked of its beginning alone.
  const holds = alert.state === 'alerting' || alert.state === 'recovering' || atMs - since >= forMs;
  return move(next, holds ? 'alerting' : 'pending', atMs);
}

function cleared(alert: Alert, atMs: number, timing: AlertTiming): AlertStep {
  if (alert.state !== 'alerting' && alert.state !== 'recovering') return calm(alert, atMs);
  return atMs - (alert.lastBreachMs ?? atMs) >= timing.keepFiringForMs ? calm(alert, atMs) : move(alert, 'recovering', atMs);
}

function waited(alert: Alert, atMs: number, timing: AlertTiming): AlertStep {
  if (atMs - alert.lastObservedMs >= timing.noDataAfterMs) return move(alert, 'no-data', atMs);
  if (alert.state === 'recovering' && atMs - (alert.lastBreachMs ?? atMs) >= timing.keepFiringForMs) return calm(alert, atMs);
  return { alert, event: { type: 'unchanged' } };
}

function calm(alert: Alert, atMs: number): AlertStep {
  return move({ ...alert, breachedSinceMs: null, lastBreachMs: null }, 'normal', atMs);
}

function move(alert: Alert, to: AlertState, atMs: number): AlertStep {
  const from = alert.state;
  if (from === to) return { alert, event: { type: 'unchanged' } };
  const begins = isFiring(to) && !isFiring(from);
  const type = begins ? 'fired' : isFiring(from) && !isFiring(to) ? 'resolved' : 'changed';
  return { alert: { ...alert, state: to, sinceMs: atMs, episode: alert.episode + (begins ? 1 : 0) }, event: { type, from, to } };
}

/** Label set of an alert, such as {release, layer, segment}. Values are text. */
export type Labels = Readonly<Record<string, string>>;

/** As Grafana names them. `no-data` and `error` are states of their own: silence of a detector is no good news. */
export type AlertState = 'normal' | 'pending' | 'alerting' | 'recovering' | 'no-data' | 'error';

/** How long a condition must hold before it counts, and how long it is remembered after. */
export interface AlertTiming {
  /** A condition must hold this long before the alert fires. */
  readonly forMs: number;
  /** A firing alert goes on this long after the condition was last seen, so that flapping is one episode. */
  readonly keepFiringForMs: number;
  /** Without any observation for this long there is no data. */
  readonly noDataAfterMs: number;
}

/** What one evaluation of a rule found for one label set. */
export type Observation =
  | { readonly kind: 'breached'; readonly atMs: number }
  | { readonly kind: 'clear'; readonly atMs: number }
  | { readonly kind: 'error'; readonly atMs: number; readonly message: string }
  /** Nothing was observed; only time went by. */
  | { readonly kind: 'nothing'; readonly atMs: number };

/** One rule's view of one label set. Plain data, so that it survives a restart. */
export interface Alert {
  readonly ruleId: string;
  readonly labels: Labels;
  readonly state: AlertState;
  /** Counts the times it fired; part of the key by which receivers tell episodes apart. */
  readonly episode: number;
  readonly sinceMs: number;
  /** When the condition of this episode was first seen; null outside one. */
  readonly breachedSinceMs: number | null;
  readonly lastBreachMs: number | null;
  readonly lastObservedMs: number;
}

export function newAlert(ruleId: string, labels: Labels, nowMs: number): Alert {
  return { ruleId, labels, state: 'normal', episode: 0, sinceMs: nowMs, breachedSinceMs: null, lastBreachMs: null, lastObservedMs: nowMs };
}

/** Whether receivers are told of the alert as firing. */
export function isFiring(state: AlertState): boolean {
  return state === 'alerting' || state === 'recovering' || state === 'no-data' || state === 'error';
}

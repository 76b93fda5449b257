import { CliError, EXIT } from '../../api/exit-code.ts';
import { pause } from '../../pause.ts';
import { stillFiring, type ToldAlert } from './told.ts';
import { type Traffic } from './traffic.ts';

/** What the phases of the demo see and touch. */
export interface Stage {
  readonly traffic: Pick<Traffic, 'answered' | 'check'>;
  /** Alerts that were delivered so far. */
  readonly told: () => readonly ToldAlert[];
  readonly signal: AbortSignal;
  /** Tells of a wait, over and over while it lasts. */
  readonly onWait: (what: string, elapsedMs: number, limitMs: number) => void;
  readonly now: () => number;
}

export interface Change {
  /** What is changed, in a few words. */
  readonly title: string;
  /** Signal that shall find it. */
  readonly expected: string;
  apply(): Promise<void>;
  /** @param found the alert by which it was found */
  undo(found: ToldAlert): Promise<void>;
}

/** How far something was away from the moment before. */
export interface Span {
  readonly requests: number;
  readonly seconds: number;
}

export interface ToldPlace {
  readonly signal: string;
  /** null where the alert is of no layer. */
  readonly layer: number | null;
}

export interface PhaseResult {
  readonly title: string;
  readonly found: ToldAlert;
  /** From the change to the delivery of its alert. */
  readonly toFind: Span;
  /** From the undoing to the delivery of the last resolution. */
  readonly toResolve: Span;
  /** Signals that were told of and the layers that they are of, from the change to the last resolution. */
  readonly told: readonly ToldPlace[];
}

const POLL_MS = 100;
const LIMIT_MS = 600_000;

/** Changes something, waits until it is told of, undoes it, and waits until all is told to be over. @throws CliError when that takes too long */
export async function runPhase(stage: Stage, change: Change): Promise<PhaseResult> {
  const before = stage.told().length;
  const since = () => stage.told().slice(before);
  const changed = mark(stage);
  await change.apply();
  await waitUntil(stage, `for the alert ${change.expected}`, () => since().some((alert) => isFound(alert, change)));
  const found = since().find((alert) => isFound(alert, change))!;
  const toFind = changed();
  const undone = mark(stage);
  await change.undo(found);
  await waitUntil(stage, 'for the alerts to be resolved', () => stillFiring(stage.told()).length === 0);
  return { title: change.title, found, toFind, toResolve: undone(), told: placesOf(since()) };
}

/** Polls until the condition holds. @throws CliError on Ctrl-C, when the traffic fails, or when it takes too long */
export async function waitUntil(stage: Pick<Stage, 'traffic' | 'signal' | 'onWait' | 'now'>, what: string, condition: () => boolean | Promise<boolean>, limitMs: number = LIMIT_MS): Promise<void> {
  const startMs = stage.now();
  while (!(await condition())) {
    stage.traffic.check();
    const elapsedMs = stage.now() - startMs;
    if (elapsedMs > limitMs) throw new CliError(EXIT.failed, `Waited ${Math.round(limitMs / 1000)} s ${what}, in vain: signalbox readings and signalbox alerts show what was seen, the server's log what failed.`);
    stage.onWait(what, elapsedMs, limitMs);
    await pause(POLL_MS, stage.signal);
  }
}

export function signalOf({ labels }: ToldAlert): string {
  return labels['signal'] ?? '';
}

/** Each once, in order of signal and layer. */
function placesOf(alerts: readonly ToldAlert[]): readonly ToldPlace[] {
  const places = new Map(alerts.map((alert) => [`${signalOf(alert)} ${alert.labels['layer'] ?? ''}`, { signal: signalOf(alert), layer: alert.labels['layer'] === undefined ? null : Number(alert.labels['layer']) }]));
  return [...places].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, place]) => place);
}

function isFound(alert: ToldAlert, { expected }: Change): boolean {
  return alert.status === 'firing' && signalOf(alert) === expected;
}

function mark({ traffic, now }: Stage): () => Span {
  const [atMs, answered] = [now(), traffic.answered];
  return () => ({ requests: traffic.answered - answered, seconds: (now() - atMs) / 1000 });
}

import { type Reading } from '#libs/detection/reading/reading';
import { SIGNAL_FACTS, type SignalFacts } from '#libs/detection/reading/signal-facts';
import { type AlertState } from '../alert/alert.ts';
import { type AlertRule, type Severity } from '../rule/rule.ts';
import { type Finding, type NearbyChange } from './finding.ts';
import { changesNear, findWayBack, type ServingFacts } from './way-back.ts';

export interface FindingInput {
  /** What it began as. */
  readonly state: AlertState;
  /** Of an error. */
  readonly message: string | null;
  readonly rule: Pick<AlertRule, 'name' | 'signal'>;
  readonly severity: Severity;
  readonly reading: Reading;
  /** When the alert began to fire. */
  readonly startedAtMs: number;
  readonly changes: readonly NearbyChange[];
  /** null where the model is not served. */
  readonly serving: ServingFacts | null;
}

const SEGMENT = ['tenant', 'task', 'language'];
const MAX_EXPERTS = 10;
/** Signals of what people owe: what was activated shortly before has no part in it. */
const OF_PEOPLE: ReadonlySet<string> = new Set(['review-overdue']);

/** undefined for a signal of a newer version. */
const factsOf = (signal: string): SignalFacts | undefined => (SIGNAL_FACTS as Readonly<Record<string, SignalFacts>>)[signal];

/** What a person needs to understand an alert, with a sentence in plain words. */
export function explainFinding({ rule, state, message, severity, reading, startedAtMs, changes, serving }: FindingInput): Finding {
  const { labels, detail, interval } = reading;
  const [model, release] = [labels['model'] ?? null, labels['release'] ?? null];
  const layer = labels['layer'] === undefined ? null : Number(labels['layer']);
  const segment = Object.fromEntries(SEGMENT.flatMap((label) => (labels[label] === undefined ? [] : [[label, labels[label]]])));
  const sinceMs = Math.min(detail.sinceMs ?? startedAtMs, startedAtMs);
  const { wayBack, reason } = findWayBack(reading.signal, model, release, serving);
  const unit = factsOf(reading.signal)?.unit ?? '';
  const found: Omit<Finding, 'summary'> = {
    signal: reading.signal, model, release, releaseShort: release?.slice(0, 12) ?? null, layer,
    experts: expertsOf(reading), segment: Object.keys(segment).length === 0 ? null : segment, sinceMs,
    effect: { value: reading.value, unit, low: interval?.low ?? null, high: interval?.high ?? null },
    evidence: reading.evidence, baselineId: detail.baselineId ?? null, requests: detail.requests ?? null,
    changes: OF_PEOPLE.has(reading.signal) ? [] : changesNear(changes, sinceMs, startedAtMs), exampleRequestIds: (detail.exampleRequestIds ?? []).slice(0, 10),
    wayBack, wayBackReason: reason,
  };
  return { summary: stateText(rule, state, message) ?? sentence(rule, severity, found, detail.note), ...found };
}

/** Those with the strongest evidence, or else the one that the stream is of. */
function expertsOf({ labels, detail }: Reading): Finding['experts'] {
  const named = detail.experts ?? [];
  if (named.length === 0 && labels['expert'] !== undefined) return [{ expert: Number(labels['expert']), share: null, baselineShare: null, eValue: null }];
  return named.toSorted((a, b) => (b.eValue ?? 0) - (a.eValue ?? 0)).slice(0, MAX_EXPERTS);
}

function sentence(rule: FindingInput['rule'], severity: Severity, found: Omit<Finding, 'summary'>, note: string | undefined): string {
  const { effect, experts, changes, wayBack, segment } = found;
  const place = [
    found.model === null ? '' : `model ${found.model}`,
    found.releaseShort === null ? '' : `release ${found.releaseShort}`,
    found.layer === null ? '' : `layer ${found.layer}`,
    ...Object.entries(segment ?? {}).map(([label, value]) => `${label} ${value}`),
  ].filter((part) => part !== '');
  const size = effect.value === null ? '' : `Value ${amount(effect.value)}${effect.unit === '' ? '' : ` ${effect.unit}`}${effect.low === null || effect.high === null ? '' : ` (95 % interval ${amount(effect.low)} to ${amount(effect.high)})`}.`;
  const [last] = changes;
  const parts = [
    `${factsOf(found.signal)?.meaning ?? rule.name}${place.length === 0 ? '' : ` (${place.join(', ')})`}.`,
    size,
    experts.length === 0 ? '' : `Experts: ${experts.slice(0, 3).map(expertText).join(', ')}.`,
    `Since about ${new Date(found.sinceMs).toISOString()}; ${severity}.`,
    last === undefined ? '' : `Shortly before: ${last.what} by ${last.by} at ${new Date(last.atMs).toISOString()}.`,
    wayBack === null ? '' : `To go back to ${wayBack.to.slice(0, 12)}: ${wayBack.command}.`,
    note ?? '',
  ];
  return parts.filter((part) => part !== '').join(' ');
}

function expertText({ expert, share, baselineShare }: Finding['experts'][number]): string {
  if (share === null) return String(expert);
  return baselineShare === null ? `${expert} at ${percent(share)}` : `${expert} from ${percent(baselineShare)} to ${percent(share)}`;
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
const amount = (value: number): string => String(Number(value.toPrecision(3)));

/** null where the condition itself is what there is to tell. */
function stateText({ name }: FindingInput['rule'], state: AlertState, message: string | null): string | null {
  if (state === 'no-data') return `The rule ${name} has had nothing to go by for longer than it allows: what it watches is not known.`;
  return state === 'error' ? `The rule ${name} could not be evaluated: ${message ?? 'the reason is not known'}.` : null;
}

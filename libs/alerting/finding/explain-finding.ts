import { type Reading } from '#libs/detection/reading/reading';
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

const BITS = 'bits';
const UNITS: Readonly<Record<string, string>> = { 'mix-shift': BITS, 'router-shift': BITS, 'low-entropy': BITS, 'no-data': 's', 'hot-expert': 'times its share', 'slow-expert': 'times the others' };
const SEGMENT = ['tenant', 'task', 'language'];
const MAX_EXPERTS = 10;

const WHAT: Readonly<Record<string, string>> = {
  'mix-shift': 'The traffic changed: its requests use the experts otherwise than the baseline, while each kind of request is routed as before',
  'router-shift': 'The router changed: the same traffic is routed otherwise than in the baseline',
  collapse: 'Routing collapses onto a few experts',
  'low-entropy': 'Usage spreads over fewer experts than before',
  'dead-expert': 'An expert is hardly chosen any more',
  'waking-expert': 'An expert that slept is chosen again',
  'hot-expert': 'An expert takes far more than its share',
  'slow-expert': 'An expert is much slower than the others',
  'dropped-tokens': 'Decisions are dropped or rerouted because experts are full',
  'low-confidence': 'The router is less sure of its choices than before',
  quality: 'Answers that went this way are rated worse',
  'data-rule-refusals': 'Requests are refused because of data-handling rules',
  'no-data': 'Nothing is recorded any more',
  watchdog: 'Alerts arrive: this one always fires',
};

/** What a person needs to understand an alert, with a sentence in plain words. */
export function explainFinding({ rule, state, message, severity, reading, startedAtMs, changes, serving }: FindingInput): Finding {
  const { labels, detail, interval } = reading;
  const [model, release] = [labels['model'] ?? null, labels['release'] ?? null];
  const layer = labels['layer'] === undefined ? null : Number(labels['layer']);
  const segment = Object.fromEntries(SEGMENT.flatMap((label) => (labels[label] === undefined ? [] : [[label, labels[label]]])));
  const sinceMs = Math.min(detail.sinceMs ?? startedAtMs, startedAtMs);
  const { wayBack, reason } = findWayBack(reading.signal, model, release, serving);
  const unit = UNITS[reading.signal] ?? '';
  const found: Omit<Finding, 'summary'> = {
    signal: reading.signal, model, release, releaseShort: release?.slice(0, 12) ?? null, layer,
    experts: expertsOf(reading), segment: Object.keys(segment).length === 0 ? null : segment, sinceMs,
    effect: { value: reading.value, unit, low: interval?.low ?? null, high: interval?.high ?? null },
    evidence: reading.evidence, baselineId: detail.baselineId ?? null, requests: detail.requests ?? null,
    changes: changesNear(changes, sinceMs, startedAtMs), exampleRequestIds: (detail.exampleRequestIds ?? []).slice(0, 10),
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
    `${WHAT[found.signal] ?? rule.name}${place.length === 0 ? '' : ` (${place.join(', ')})`}.`,
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

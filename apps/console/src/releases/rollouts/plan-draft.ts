import { NO_SLICE, type RouteSliceDraft, routeSliceOf } from '../route-slice-draft.ts';
import { type RolloutPlan } from './rollout-words.ts';

/** Guards that the form offers, each with what it compares. */
export const GUARD_CHOICES = [
  { id: 'error-rate', guard: { kind: 'error-rate' }, label: 'Error rate', margin: 0.005, unit: 'share of requests that fail', needsShadow: false },
  { id: 'latency/duration', guard: { kind: 'latency', measure: 'duration' }, label: 'Latency: whole request', margin: 0.05, unit: 'share of requests beyond the 95th percentile of the stable release', needsShadow: false },
  { id: 'latency/time-to-first-token', guard: { kind: 'latency', measure: 'time-to-first-token' }, label: 'Latency: time to first token', margin: 0.05, unit: 'share of requests beyond the 95th percentile of the stable release', needsShadow: false },
  { id: 'drop-rate', guard: { kind: 'drop-rate' }, label: 'Drop rate', margin: 0.01, unit: 'share of selections that are dropped', needsShadow: false },
  { id: 'routing-divergence/usage', guard: { kind: 'routing-divergence', source: 'usage' }, label: 'Routing divergence: expert usage', margin: 0.02, unit: 'bits, Jensen-Shannon divergence by layer', needsShadow: false },
  { id: 'routing-divergence/shadow', guard: { kind: 'routing-divergence', source: 'shadow' }, label: 'Routing divergence: same requests', margin: 0.15, unit: "share of a token's experts that differ", needsShadow: true },
  { id: 'output-divergence/argmax-disagreement', guard: { kind: 'output-divergence', measure: 'argmax-disagreement' }, label: 'Output divergence: likeliest token', margin: 0.2, unit: 'share of tokens whose likeliest successor differs', needsShadow: true },
  { id: 'output-divergence/kl-bits', guard: { kind: 'output-divergence', measure: 'kl-bits' }, label: 'Output divergence: KL', margin: 0.25, unit: 'bits a token', needsShadow: true },
  { id: 'feedback', guard: { kind: 'feedback' }, label: 'Feedback', margin: 0.05, unit: 'mean score lost', needsShadow: false },
] as const;

export interface StepDraft {
  /** Per cent, as typed. */
  readonly sharePercent: string;
  readonly bakeMinutes: string;
  readonly minRequests: string;
  readonly minTokens: string;
  readonly maxMinutes: string;
}

/** A plan as it stands in the form: all texts as typed, so that nothing is corrected behind one's back. */
export interface PlanDraft {
  readonly candidate: string;
  readonly steps: readonly StepDraft[];
  /** Margin as typed, by id of the guard; what is not there is not chosen. */
  readonly margins: Readonly<Record<string, string>>;
  readonly stickyBy: 'key' | 'session' | 'request';
  readonly segment: { readonly tenant: string; readonly task: string; readonly language: string };
  readonly slice: RouteSliceDraft;
  readonly shadowPercent: string;
  readonly falseRollbackPercent: string;
  readonly onNoData: 'pause' | 'fail';
  /** Empty: not watched after the promotion. */
  readonly watchMinutes: string;
}

const FIRST_STEPS = ['5', '25', '50'];
const FIRST_GUARDS: ReadonlySet<string> = new Set(['error-rate', 'latency/duration', 'output-divergence/argmax-disagreement']);
const MINUTE_MS = 60_000;

export function newStep(sharePercent: string): StepDraft {
  return { sharePercent, bakeMinutes: '10', minRequests: '200', minTokens: '0', maxMinutes: '60' };
}

export function newDraft(candidate: string): PlanDraft {
  return {
    candidate,
    steps: FIRST_STEPS.map(newStep),
    margins: Object.fromEntries(GUARD_CHOICES.filter(({ id }) => FIRST_GUARDS.has(id)).map(({ id, margin }) => [id, String(margin)])),
    stickyBy: 'session',
    segment: { tenant: '', task: '', language: '' },
    slice: NO_SLICE,
    shadowPercent: '20',
    falseRollbackPercent: '5',
    onNoData: 'pause',
    watchMinutes: '',
  };
}

/** The plan that a draft asks for. What is no number is left to the server to refuse, which names the field. */
export function planFrom(draft: PlanDraft, model: string): RolloutPlan {
  const segment = Object.fromEntries(Object.entries(draft.segment).filter(([, label]) => label.trim() !== ''));
  const routeSlice = routeSliceOf(draft.slice);
  return {
    model,
    candidate: draft.candidate,
    steps: draft.steps.map(({ sharePercent, bakeMinutes, minRequests, minTokens, maxMinutes }) => ({
      share: share(sharePercent),
      bakeMs: number(bakeMinutes) * MINUTE_MS,
      minRequests: number(minRequests),
      minTokensPerChangedExpert: number(minTokens),
      maxMs: number(maxMinutes) * MINUTE_MS,
    })),
    guards: GUARD_CHOICES.filter(({ id }) => draft.margins[id] !== undefined).map(({ id, guard }) => ({ ...guard, margin: number(draft.margins[id]!) })),
    falseRollbackRate: share(draft.falseRollbackPercent),
    onNoData: draft.onNoData,
    stickyBy: draft.stickyBy,
    ...((Object.keys(segment).length > 0 || routeSlice !== null) && { scope: { ...(Object.keys(segment).length > 0 && { segment }), ...(routeSlice !== null && { routeSlice }) } }),
    shadowShare: share(draft.shadowPercent),
    ...(draft.watchMinutes.trim() !== '' && { watch: { bakeMs: number(draft.watchMinutes) * MINUTE_MS, minRequests: number(draft.steps.at(-1)?.minRequests ?? '0'), maxMs: 2 * number(draft.watchMinutes) * MINUTE_MS } }),
  };
}

/** Whether a guard of the draft compares requests that ran on both releases, while no shadow runs. */
export function lacksShadow({ margins, shadowPercent }: Pick<PlanDraft, 'margins' | 'shadowPercent'>): boolean {
  return !(number(shadowPercent) > 0) && GUARD_CHOICES.some(({ id, needsShadow }) => needsShadow && margins[id] !== undefined);
}

function number(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text);
}

/** Per cent to a share, without the dust that a division leaves. */
function share(percent: string): number {
  return Number((number(percent) / 100).toPrecision(12));
}

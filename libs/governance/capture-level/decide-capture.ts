import { createHash } from 'node:crypto';

/** What is kept of a request's trace, from the most to the least. `aggregate`: nothing but its part of the usage sums. */
export const KEPT_LEVELS = ['full', 'routes', 'aggregate'] as const;
export type KeptLevel = (typeof KEPT_LEVELS)[number];

/** Keeps at most `level` of the requests it names. */
export interface CaptureRule {
  readonly field: 'model' | 'dataClass';
  readonly value: string;
  readonly level: KeptLevel;
}

export interface CapturePolicy {
  readonly level: KeptLevel;
  /** Share of requests whose trace is kept, 0 to 1; usage is counted of all. */
  readonly share: number;
  /** Changes which requests these are. */
  readonly seed: string;
  readonly rules: readonly CaptureRule[];
}

export interface CaptureSubject {
  readonly requestId: string;
  readonly model: string;
  readonly dataClass: string;
}

/** Why no trace is kept of a request. */
type NoTraceReason = 'not-sampled' | 'aggregate-level' | 'aggregate-model' | 'aggregate-data-class';

export type CaptureDecision = { readonly keeps: 'full' | 'routes'; readonly reason: 'level' | 'model' | 'data-class' | 'sampled' } | { readonly keeps: 'aggregate'; readonly reason: NoTraceReason };

/**
 * What is kept of one request. A rule can only take away from the level of all: of several that hold the
 * strictest counts. Which requests are sampled depends on the id and the seed alone, so asking again gives
 * the same, and nothing that a request says can choose it.
 */
export function decideCapture({ level, share, seed, rules }: CapturePolicy, { requestId, model, dataClass }: CaptureSubject): CaptureDecision {
  let strictest: { readonly level: KeptLevel; readonly by: 'level' | CaptureRule['field'] } = { level, by: 'level' };
  for (const rule of rules) {
    const holds = rule.value === (rule.field === 'model' ? model : dataClass);
    if (holds && KEPT_LEVELS.indexOf(rule.level) > KEPT_LEVELS.indexOf(strictest.level)) strictest = { level: rule.level, by: rule.field };
  }
  const by = strictest.by === 'dataClass' ? 'data-class' : strictest.by;
  if (strictest.level === 'aggregate') return { keeps: 'aggregate', reason: `aggregate-${by}` };
  if (share >= 1) return { keeps: strictest.level, reason: by };
  return sampleAt(requestId, seed) < share ? { keeps: strictest.level, reason: 'sampled' } : { keeps: 'aggregate', reason: 'not-sampled' };
}

/** Where a request lies between 0 and 1: the first 48 bits of SHA-256(seed, 0, id). */
function sampleAt(requestId: string, seed: string): number {
  return createHash('sha256').update(`${seed}\0${requestId}`).digest().readUIntBE(0, 6) / 2 ** 48;
}

/** Why there is no trace, for people. */
export function explainNoTrace(reason: NoTraceReason): string {
  switch (reason) {
    case 'not-sampled':
      return 'only a share of the requests keeps a trace (SIGNALBOX_CAPTURE_SHARE), and this one is not among them';
    case 'aggregate-level':
      return 'traces are not kept (SIGNALBOX_CAPTURE=aggregate)';
    case 'aggregate-model':
      return 'traces of this model are not kept (SIGNALBOX_CAPTURE_RULES)';
    case 'aggregate-data-class':
      return 'traces of its data class are not kept (SIGNALBOX_CAPTURE_RULES)';
  }
}

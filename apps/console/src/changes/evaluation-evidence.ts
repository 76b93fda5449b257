/** What is attached when the result of an evaluation becomes evidence. */
export interface AttachedEvaluation {
  readonly evaluationId: string;
  readonly kind: string;
  readonly outcome: string;
  readonly summary: string;
  readonly candidate: string | null;
  readonly reference: string | null;
  readonly suite: string | null;
  readonly resultSha256: string | null;
  readonly attribution: { readonly evaluationId: string; readonly summary: string | null } | null;
  /** For reviewers, in Markdown. */
  readonly report: string | null;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** An evaluation as the API attaches it; null for any other evidence. What it claims anybody may have written: it is believed where the server has the run. */
export function attachedEvaluation(content: string, mediaType: string): AttachedEvaluation | null {
  if (!mediaType.includes('json')) return null;
  const { format, evaluationId, kind, outcome, summary, candidate, reference, suite, resultSha256, attribution, report } = parsed(content);
  const id = uuid(evaluationId);
  if (typeof format !== 'string' || !format.startsWith('signalbox.evidence/') || id === null) return null;
  const part = record(attribution);
  const attributionId = uuid(part['evaluationId']);
  return {
    evaluationId: id, kind: text(kind) ?? 'evaluation', outcome: text(outcome) ?? 'unknown', summary: text(summary) ?? '', candidate: text(candidate), reference: text(reference), suite: text(suite), resultSha256: text(resultSha256),
    attribution: attributionId === null ? null : { evaluationId: attributionId, summary: text(part['summary']) },
    report: text(report),
  };
}

export type Standing = 'confirmed' | 'differs' | 'unknown';

/** Whether the server's run says what the evidence says. null: the server has no such run. */
export function standingOf(attached: AttachedEvaluation, run: { readonly resultSha256: string | null; readonly candidate: string; readonly verdict: { readonly outcome: string } | null } | null): Standing {
  if (run === null) return 'unknown';
  return run.resultSha256 !== null && run.resultSha256 === attached.resultSha256 && run.candidate === attached.candidate && run.verdict?.outcome === attached.outcome ? 'confirmed' : 'differs';
}

function parsed(content: string): Readonly<Record<string, unknown>> {
  try {
    return record(JSON.parse(content));
  } catch {
    return {};
  }
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, unknown>>) : {};
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function uuid(value: unknown): string | null {
  return typeof value === 'string' && UUID.test(value) ? value : null;
}

import { Inject, Injectable } from '@nestjs/common';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { type ROUTES } from '#libs/contract/management/routes';
import { type RunResult } from '#libs/evaluation/run/result';
import { type Json } from '#libs/evaluation/run/run';
import { type EvaluationRun } from '#libs/store/evaluation/evaluation-run';
import { type RunOutcome } from '#libs/store/evaluation/run-outcomes';
import { decodeCursor, isInstantMs, isUuid, page } from '../http/cursor.ts';
import { EVALUATION_RUNS, type EvaluationRunsPort, RUN_OUTCOMES, type RunOutcomesPort } from './evaluation-ports.ts';
import { evaluationNotFound, noResult } from './evaluation-problems.ts';

type EvaluationBody = RouteOutput<typeof ROUTES.getEvaluation>;
type ListedBody = RouteOutput<typeof ROUTES.listEvaluations>['items'][number];

/** A run that has succeeded, with what it found. */
export interface Concluded {
  readonly run: EvaluationRun;
  readonly suiteName: string;
  readonly result: RunResult;
  readonly resultSha256: string;
  readonly measured: Json;
  readonly attribution: EvaluationBody['attribution'];
}

/** Shows runs. */
@Injectable()
export class EvaluationView {
  constructor(
    @Inject(EVALUATION_RUNS) private readonly runs: EvaluationRunsPort,
    @Inject(RUN_OUTCOMES) private readonly outcomes: RunOutcomesPort,
  ) {}

  /** @throws ProblemError 404 */
  async get(id: string, cached = false): Promise<EvaluationBody> {
    const run = await this.#find(id);
    const [found, outcome, attribution] = await Promise.all([this.runs.result(id), this.#outcome(id), this.#attributionOf(run)]);
    return {
      ...listedBody(run, outcome, cached),
      attribution,
      result: found && (JSON.parse(found.result) as EvaluationBody['result']),
      measured: parsed(found?.measured ?? null) as EvaluationBody['measured'],
    };
  }

  async list({ cursor, limit, ...filter }: RouteInput<typeof ROUTES.listEvaluations>['query']): Promise<RouteOutput<typeof ROUTES.listEvaluations>> {
    const after = decodeCursor(cursor, ([createdAtMs, id]) => (isInstantMs(createdAtMs) && isUuid(id) ? { createdAtMs, id } : null));
    const { items, nextCursor } = page(await this.runs.list(limit + 1, after, given(filter)), limit, ({ createdAtMs, id }) => [createdAtMs, id]);
    const outcomes = await this.outcomes.read(items.map(({ id }) => id));
    return { items: items.map((run) => listedBody(run, outcomes.get(run.id), false)), nextCursor };
  }

  /** @throws ProblemError 404, or 409 where it has no result */
  async concluded(id: string, field?: string): Promise<Concluded> {
    const run = await this.#find(id, field);
    const [found, outcome, attribution] = await Promise.all([this.runs.result(id), this.#outcome(id), this.#attributionOf(run)]);
    if (!found) throw noResult(run.state);
    return {
      run, suiteName: outcome?.suiteName ?? '', result: JSON.parse(found.result) as RunResult, resultSha256: found.resultDigest,
      measured: parsed(found.measured), attribution,
    };
  }

  async #find(id: string, field?: string): Promise<EvaluationRun> {
    const found = await this.runs.find(id);
    if (!found) throw evaluationNotFound(field);
    return found;
  }

  async #outcome(id: string): Promise<RunOutcome | undefined> {
    return (await this.outcomes.read([id])).get(id);
  }

  async #attributionOf({ spec: { kind, candidate, reference } }: EvaluationRun): Promise<EvaluationBody['attribution']> {
    if (kind !== 'suite' || reference === null) return null;
    const id = await this.outcomes.newestOf('attribution', candidate, reference);
    const found = id === null ? null : await this.runs.find(id);
    return found && { evaluationId: found.id, state: found.state, summary: (await this.#outcome(found.id))?.summary ?? null, resultSha256: found.resultDigest };
  }
}

function listedBody(run: EvaluationRun, outcome: RunOutcome | undefined, cached: boolean): ListedBody {
  const { id, spec, specDigest, state, progress, error, resultDigest, requestedBy, createdAtMs, startedAtMs, finishedAtMs } = run;
  return {
    id, spec: specDigest, kind: spec.kind, state, candidate: spec.candidate, reference: spec.reference, suite: spec.suite, suiteName: outcome?.suiteName ?? '', settings: { ...spec.settings }, cached,
    progress: { ...progress },
    verdict: outcome?.verdict ? { outcome: outcome.verdict.outcome, reasons: outcome.verdict.reasons.map((reason) => ({ ...reason })) } : null,
    summary: outcome?.summary ?? null, resultSha256: resultDigest, error: error && { ...error }, createdAt: at(createdAtMs), createdBy: requestedBy, startedAt: atOrNull(startedAtMs), endedAt: atOrNull(finishedAtMs),
  };
}

function given<T extends object>(filter: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined)) as { [K in keyof T]: Exclude<T[K], undefined> };
}

function parsed(json: string | null): Json {
  return json === null ? null : (JSON.parse(json) as Json);
}

function at(ms: number): string {
  return new Date(ms).toISOString();
}

function atOrNull(ms: number | null): string | null {
  return ms === null ? null : at(ms);
}

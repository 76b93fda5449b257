import { createHash, randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { type RouteInput } from '#libs/contract/management/route';
import { type ROUTES } from '#libs/contract/management/routes';
import { type RunSpec } from '#libs/evaluation/run/run';
import { canonicalJson } from '#libs/release/manifest-digest';
import { type Principal } from '#libs/platform/auth/scopes';
import { type StoredRelease } from '#libs/store/releases/releases';
import { auditOf } from '../http/audited.ts';
import { releaseNotFound } from '../releases/release-problems.ts';
import { RELEASES, type ReleasesPort } from '../releases/releases-port.ts';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';
import { specOf } from './evaluation-order.ts';
import { EVALUATION_RUNS, type EvaluationRunsPort, SUITES, type SuitesPort } from './evaluation-ports.ts';
import { asProblems, evaluationEnded, evaluationNotFound, suiteNotFound } from './evaluation-problems.ts';

interface Started {
  readonly id: string;
  /** Whether nothing was put in line: a run of the same spec is there. */
  readonly isKnown: boolean;
  /** Whether that one has succeeded, so that it costs nothing. */
  readonly cached: boolean;
}

/** Starts and cancels runs. */
@Injectable()
export class EvaluationDesk {
  constructor(
    @Inject(EVALUATION_RUNS) private readonly runs: EvaluationRunsPort,
    @Inject(SUITES) private readonly suites: Pick<SuitesPort, 'find'>,
    @Inject(RELEASES) private readonly releases: Pick<ReleasesPort, 'find'>,
    @Inject(CONTROL_SETTINGS) private readonly settings: Pick<ControlSettings, 'now'>,
  ) {}

  async start(body: RouteInput<typeof ROUTES.createEvaluation>['body'], caller: Principal): Promise<Started> {
    const candidate = await this.#release(body.candidate, 'candidate');
    const reference = body.reference === null ? null : await this.#release(body.reference, 'reference');
    const suite = await this.suites.find(body.suite);
    if (!suite) throw suiteNotFound('suite');
    // What JSON.parse gave is JSON.
    const settings = body.settings as RunSpec['settings'];
    const spec = await asProblems(() => specOf({ kind: body.kind, candidate, reference, suite, settings }));
    const known = await this.#known(spec);
    if (known) return known;
    const [id, atMs] = [randomUUID(), this.settings.now()];
    const { kind, candidate: of, reference: against, suite: by } = spec;
    await asProblems(() => this.runs.create({ id, spec, requestedBy: caller.accountId, createdAtMs: atMs }, auditOf(caller, atMs, 'evaluation.start', `evaluation/${id}`, { kind, candidate: of, reference: against, suite: by })));
    return { id, isKnown: false, cached: false };
  }

  async cancel(id: string, caller: Principal): Promise<void> {
    const atMs = this.settings.now();
    const outcome = await this.runs.cancel(id, atMs, auditOf(caller, atMs, 'evaluation.cancel', `evaluation/${id}`));
    if (outcome === 'not-found') throw evaluationNotFound();
    if (outcome === 'already-finished') throw evaluationEnded((await this.runs.find(id))?.state ?? 'cancelled');
  }

  /** A run of the same spec that has a result, or will have one. */
  async #known(spec: RunSpec): Promise<Started | null> {
    const specDigest = createHash('sha256').update(canonicalJson(spec), 'utf8').digest('hex');
    for (const state of ['succeeded', 'running', 'queued'] as const) {
      const [found] = await this.runs.list(1, null, { specDigest, state });
      if (found) return { id: found.id, isKnown: true, cached: state === 'succeeded' };
    }
    return null;
  }

  async #release(releaseId: string, field: string): Promise<StoredRelease> {
    const found = await this.releases.find(releaseId);
    if (!found) throw releaseNotFound(field);
    return found;
  }
}

import { Inject, Injectable } from '@nestjs/common';
import { type RouteInput } from '#libs/contract/management/route';
import { type ROUTES } from '#libs/contract/management/routes';
import { MAX_EVIDENCE_CHARACTERS } from '#libs/contract/management/changes';
import { type Outcome } from '#libs/evaluation/run/result';
import { OUTCOME_WORDS } from '#libs/evaluation/report/report';
import { canonicalJson } from '#libs/release/manifest-digest';
import { type Principal } from '#libs/platform/auth/scopes';
import { ChangeDesk, type Seen } from '../changes/change-desk.ts';
import { CHANGES, type ChangesPort } from '../changes/change-ports.ts';
import { changeNotFound } from '../changes/change-problems.ts';
import { otherRelease } from './evaluation-problems.ts';
import { reportOf } from './evaluation-report.ts';
import { type Concluded, EvaluationView } from './evaluation-view.ts';

const MAX_TITLE = 200;

/** Attaches results to change requests. */
@Injectable()
export class EvaluationEvidence {
  constructor(
    private readonly view: EvaluationView,
    private readonly desk: ChangeDesk,
    @Inject(CHANGES) private readonly changes: Pick<ChangesPort, 'find'>,
  ) {}

  async attach(seen: Seen, { evaluationId, kind }: RouteInput<typeof ROUTES.attachEvaluation>['body'], caller: Principal): Promise<void> {
    const concluded = await this.view.concluded(evaluationId, 'evaluationId');
    const stored = await this.changes.find(seen.id);
    if (!stored) throw changeNotFound();
    const { effect, payload } = stored.change;
    const { candidate } = concluded.run.spec;
    const named = 'releaseId' in payload ? payload.releaseId : null;
    if (effect.kind === 'release' && effect.releaseId !== candidate && named !== candidate) throw otherRelease(candidate, effect.releaseId);
    await this.desk.attach(seen, { kind, title: titleOf(concluded), content: contentOf(concluded), mediaType: 'application/json' }, caller, outcomeOf(concluded));
  }
}

/** What policies see of it. An attribution has no gates: it says what another evaluation is to be blamed on. */
function outcomeOf({ run, result }: Concluded): Outcome | null {
  return run.spec.kind === 'attribution' ? null : result.verdict.outcome;
}

function titleOf({ result: { verdict, summary } }: Concluded): string {
  const characters = [...`${OUTCOME_WORDS[verdict.outcome]}: ${summary}`];
  return characters.length > MAX_TITLE ? `${characters.slice(0, MAX_TITLE - 3).join('')}...` : characters.join('');
}

/**
 * What approvers read, and what a program can check: the verdict, the digests, the attribution where there is
 * one, the report, and the result itself unless that is too long to be kept here. It stays what it was when attached.
 */
function contentOf(concluded: Concluded): string {
  const { run, result, resultSha256, attribution } = concluded;
  const { kind, candidate, reference, suite } = run.spec;
  const base = {
    format: 'signalbox.evidence/1', evaluationId: run.id, kind, outcome: result.verdict.outcome, summary: result.summary, candidate, reference, suite, spec: run.specDigest, resultSha256, attribution,
    report: reportOf(concluded, 'markdown'),
  };
  const whole = canonicalJson({ ...base, result });
  return whole.length <= MAX_EVIDENCE_CHARACTERS ? whole : canonicalJson({ ...base, result: null });
}

import { Inject, Injectable } from '@nestjs/common';
import { type Principal } from '#libs/platform/auth/scopes';
import { auditOf } from '../http/audited.ts';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';
import { EVALUATION_REMOVAL, type EvaluationRemovalPort } from './evaluation-ports.ts';
import { datasetNotFound, evaluationNotFound, suiteNotFound } from './evaluation-problems.ts';
import { datasetAsked, evaluationKept, suiteKept } from './removal-problems.ts';

/** Deletes runs, suites and datasets that nothing rests on. */
@Injectable()
export class RemovalDesk {
  constructor(
    @Inject(EVALUATION_REMOVAL) private readonly removal: EvaluationRemovalPort,
    @Inject(CONTROL_SETTINGS) private readonly settings: Pick<ControlSettings, 'now'>,
  ) {}

  async run(id: string, caller: Principal): Promise<void> {
    const decision = await this.removal.run(id, auditOf(caller, this.settings.now(), 'evaluation.delete', `evaluation/${id}`));
    if (decision.outcome === 'not-found') throw evaluationNotFound();
    if (decision.outcome === 'keep') throw evaluationKept(id, decision);
  }

  async suite(digest: string, caller: Principal): Promise<void> {
    const decision = await this.removal.suite(digest, auditOf(caller, this.settings.now(), 'suite.delete', `suite/${digest}`));
    if (decision.outcome === 'not-found') throw suiteNotFound();
    if (decision.outcome === 'keep') throw suiteKept(digest, decision);
  }

  async dataset(sha256: string, caller: Principal): Promise<void> {
    const decision = await this.removal.dataset(sha256, auditOf(caller, this.settings.now(), 'dataset.delete', `dataset/${sha256}`));
    if (decision.outcome === 'not-found') throw datasetNotFound();
    if (decision.outcome === 'keep') throw datasetAsked(decision.names);
  }
}

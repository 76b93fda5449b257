import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { type EntityManager } from 'typeorm';
import { decideStep, type StepVerdict } from '#libs/governance/rollout/decide-step';
import { type Rollout } from '#libs/governance/rollout/rollout';
import { foreignChange } from '#libs/governance/rollout/steer-activation';
import { takeIn } from '#libs/governance/rollout/take-in';
import { ProblemError } from '#libs/platform/errors/problem-error';
import { Repeat } from '#libs/platform/repeat/repeat';
import { appendAudit } from '#libs/store/audit/audit-log';
import { type NewEvidence } from '#libs/store/rollouts/evidence-reader';
import { ACTIVATIONS, type ActivationsPort } from '../models/activation-ports.ts';
import { CONTROL_SETTINGS, type ControlSettings, DEFAULT_ROLLOUT_INTERVAL_MS } from '../settings.ts';
import { type ActContext, ROLLOUT_ACTOR, RolloutActs, type RolloutChange } from './rollout-acts.ts';
import { countVerdict } from './rollout-figures.ts';
import { ROLLOUT_RECORDS, type RolloutRecords } from './rollout-records.ts';

type WrittenVerdict = RolloutChange['verdict'];

/** Looks at the rollouts under way, again and again, and does what their evidence says. One process at a time. */
@Injectable()
export class RolloutRunner implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #log = new Logger(RolloutRunner.name);
  readonly #repeat: Repeat;

  constructor(
    @Inject(ROLLOUT_RECORDS) private readonly records: RolloutRecords,
    private readonly acts: RolloutActs,
    @Inject(ACTIVATIONS) private readonly activations: ActivationsPort,
    @Inject(CONTROL_SETTINGS) private readonly settings: Pick<ControlSettings, 'now' | 'rolloutIntervalMs'>,
  ) {
    this.#repeat = new Repeat(async () => void (await this.look()), settings.rolloutIntervalMs ?? DEFAULT_ROLLOUT_INTERVAL_MS, (error) => this.#log.error(error));
  }

  onApplicationBootstrap(): void {
    this.#repeat.start();
  }

  onApplicationShutdown(): Promise<void> {
    return this.#repeat.stop();
  }

  /** One look at each rollout under way; false when another process is looking. */
  async look(): Promise<boolean> {
    const open = await this.records.rollouts.underWay();
    if (open.length === 0) return true;
    return this.records.rollouts.exclusively(async () => {
      for (const { id } of open) await this.#lookAt(id).catch((error: unknown) => this.#log.error(error));
    });
  }

  async #lookAt(id: string): Promise<void> {
    const seen = await this.records.rollouts.find(id);
    if (!seen || seen.endedAtMs !== null) return;
    const { batch, marks } = await this.records.evidence.read(seen, this.settings.now());
    // Before the transaction, so that nobody who goes back by hand waits for the sums.
    const judged = { ...seen, evidence: takeIn(seen.plan, seen.changedExperts, seen.evidence, batch) };
    try {
      countVerdict(await this.records.rollouts.transaction(async (manager) => this.#decide(manager, judged, marks)));
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      countVerdict(await this.records.rollouts.transaction(async (manager) => this.#refused(manager, seen, error.detail)));
    }
  }

  /** Evidence, verdict, act and audit entries in one transaction: after a crash there is all of it or nothing. Gives the verdict that was written down. */
  async #decide(manager: EntityManager, judged: Rollout, marks: NewEvidence['marks']): Promise<WrittenVerdict> {
    const rollout = await this.records.rollouts.lock(manager, judged.id);
    // Paused, resumed or aborted since the evidence was read: the next look sees it as it is now.
    if (!rollout || rollout.endedAtMs !== null || rollout.version !== judged.version) return null;
    const { evidence } = judged;
    const activation = await this.activations.unit(manager).lock(rollout.model);
    const current: Rollout = { ...rollout, evidence, activationGeneration: activation?.generation ?? rollout.activationGeneration };
    const atMs = this.settings.now();
    const verdict = decideStep(current.plan, progressOf(current), evidence, atMs);
    const context: ActContext = { caller: ROLLOUT_ACTOR, atMs, reason: verdict.reason, guard: verdict.guard, verdict: verdict.verdict, figures: { ...verdict.figures, missing: verdict.missing } };
    await this.records.evidence.markSeen(manager, rollout.id, marks);
    const foreign = foreignChange(current, activation);
    if (foreign) return finish(manager, await this.acts.giveWay(manager, current, { ...context, verdict: 'end', reason: foreign, guard: null }));
    switch (verdict.verdict) {
      case 'continue':
      case 'complete':
        return finish(manager, await this.acts.proceed(manager, current, context));
      case 'fail':
        this.#log.warn(`rollout ${rollout.id} of ${rollout.model} is rolled back: ${verdict.reason}${verdict.guard === null ? '' : ` (${verdict.guard})`}`);
        return finish(manager, await this.acts.withdraw(manager, current, activation, 'failed', context));
      case 'pause':
        return finish(manager, await this.acts.pause(manager, current, context));
      case 'wait':
        return this.#keep(manager, rollout, current, verdict, context);
    }
  }

  /** Nothing to do yet. A verdict is written down when it says something else than the one before. */
  async #keep(manager: EntityManager, before: Rollout, current: Rollout, { reason, guard }: StepVerdict, context: ActContext): Promise<WrittenVerdict> {
    const [last] = await this.records.history.verdicts(before.id, 1, null, manager);
    const isWritten = current.state !== 'paused' && (last?.step !== current.step || last.reason !== reason || last.guard !== guard);
    if (isWritten) await this.records.history.addVerdict(manager, { ...context, rolloutId: before.id, step: current.step });
    // A pause keeps the reason for which it was made.
    await this.records.rollouts.save(manager, { ...current, reason: current.state === 'paused' ? current.reason : reason, updatedAtMs: context.atMs });
    return isWritten ? context.verdict : null;
  }

  /** The activation refused what the verdict asked for, such as a component that was recalled: somebody must look. */
  async #refused(manager: EntityManager, seen: Rollout, detail: string): Promise<WrittenVerdict> {
    const rollout = await this.records.rollouts.lock(manager, seen.id);
    if (!rollout || rollout.state !== 'running' || rollout.version !== seen.version) return null;
    const atMs = this.settings.now();
    const { figures } = decideStep(rollout.plan, progressOf(rollout), rollout.evidence, atMs);
    this.#log.warn(`rollout ${rollout.id} of ${rollout.model} is paused: ${detail}`);
    return finish(manager, await this.acts.pause(manager, rollout, { caller: ROLLOUT_ACTOR, atMs, reason: 'command-refused', guard: null, verdict: 'pause', figures: { ...figures, missing: detail } }));
  }
}

/** Where a rollout stands, for its next verdict. */
export function progressOf({ step, stepStartedAtMs, state, changedExperts }: Rollout) {
  return { step, stepStartedAtMs, paused: state === 'paused', changedExperts };
}

async function finish(manager: EntityManager, { audits, verdict }: RolloutChange): Promise<WrittenVerdict> {
  for (const audit of audits) await appendAudit(manager, audit);
  return verdict;
}

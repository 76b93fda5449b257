import { randomUUID } from 'node:crypto';
import { type DataSource } from 'typeorm';
import { type Guard, type RolloutPlan } from '#libs/governance/rollout/plan';
import { type ReleaseManifest } from '#libs/release/manifest';
import { Activations } from '#libs/store/activation/activations';
import { Protections } from '#libs/store/protection/protections';
import { ProtectionGuard } from '../../apps/control/protection/protection-guard.ts';
import { GovernanceModes } from '#libs/store/changes/governance-modes';
import { Releases } from '#libs/store/releases/releases';
import { RolloutEvidenceReader } from '#libs/store/rollouts/evidence-reader';
import { RolloutHistory } from '#libs/store/rollouts/rollout-history';
import { Rollouts } from '#libs/store/rollouts/rollouts';
import { UsageReader } from '#libs/store/usage/usage-reader';
import { type RoutingTrace } from '#libs/trace/trace';
import { ActivationDesk } from '../../apps/control/models/activation-desk.ts';
import { RolloutActs } from '../../apps/control/rollouts/rollout-acts.ts';
import { RolloutDesk } from '../../apps/control/rollouts/rollout-desk.ts';
import { type RolloutRecords } from '../../apps/control/rollouts/rollout-records.ts';
import { RolloutRunner } from '../../apps/control/rollouts/rollout-runner.ts';
import { batchOf, captured, EXPERTS, LAYERS, TOP_K, writerOf } from '../store/store.fixture.ts';

export const STABLE = 'a'.repeat(64);
export const CANDIDATE = 'b'.repeat(64);
export const MODEL = 'toy';
export const CALLER = { accountId: 'user:ann', name: 'ann', keyId: null };
export const ERRORS: Guard = { kind: 'error-rate', margin: 0.01 };

export interface Traffic {
  readonly status?: 'answered' | 'failed';
  readonly durationMs?: number;
  /** Expert that every token takes in layer 0, besides expert 0. */
  readonly expert?: number;
}

/** A rollout's house over a real database, on a clock of its own. */
export class RolloutHouse {
  nowMs = Date.now();
  readonly records: RolloutRecords;
  readonly activations: Activations;
  readonly guard: ProtectionGuard;
  readonly activationDesk: ActivationDesk;
  readonly desk: RolloutDesk;

  constructor(readonly store: DataSource) {
    this.records = { rollouts: new Rollouts(store), history: new RolloutHistory(store), evidence: new RolloutEvidenceReader(store, new UsageReader(store)) };
    this.activations = new Activations(store);
    this.guard = new ProtectionGuard(new Protections(store), this.settings);
    this.activationDesk = new ActivationDesk(this.activations, new GovernanceModes(store), this.settings, this.guard);
    this.desk = new RolloutDesk(this.records, new RolloutActs(this.records, this.activationDesk), this.activations, this.settings, this.guard);
  }

  get settings(): { now: () => number } {
    return { now: () => this.nowMs };
  }

  /** A runner as another process would have it. */
  runner(acts: (records: RolloutRecords) => RolloutActs = (records) => new RolloutActs(records, this.activationDesk), records = this.records): RolloutRunner {
    return new RolloutRunner(records, acts(records), this.activations, this.settings);
  }

  /** The stable release and a candidate that changes expert 1 of layer 0; the first activates itself. */
  async saveReleases(): Promise<void> {
    for (const [releaseId, expert] of [[STABLE, 'c'], [CANDIDATE, 'd']] as const) {
      const manifest: ReleaseManifest = {
        format: 'signalbox.release/1', model: MODEL, architecture: 'mixtral',
        shape: {
          vocabSize: 16, hiddenSize: 4, layers: LAYERS, experts: EXPERTS, expertWidth: 4, attentionHeads: 1, keyValueHeads: 1, headSize: 4,
          contextTokens: 32, rmsNormEpsilon: 1e-5, ropeTheta: 1e4, slidingWindowTokens: null, tiedHead: false, bosTokenId: null, eosTokenIds: [],
        },
        routing: { gating: 'softmax-topk', topK: TOP_K, normalise: true },
        components: { backbone: 'e'.repeat(64), tokenizer: 'f'.repeat(64), 'router/0': '1'.repeat(64), 'expert/0/1': expert.repeat(64) },
      };
      const sizesBytes = Object.fromEntries(Object.values(manifest.components).map((sha256) => [sha256, 1]));
      await new Releases(this.store).save(
        { releaseId, model: MODEL, manifest, importedFrom: 'test', createdAtMs: this.nowMs, sizesBytes },
        { atMs: this.nowMs, actor: 'system', action: 'release.import', subject: `model/${MODEL}`, detail: {}, requestId: null },
      );
    }
  }

  /** Records requests of both releases, as the pipeline would. */
  async record(requests: number, candidate: Traffic = {}, stable: Traffic = {}): Promise<string[]> {
    const some = Array.from({ length: requests }, (_, n) => {
      const isCandidate = n % 2 === 0;
      const { status = 'answered', durationMs = 40, expert = 1 } = isCandidate ? candidate : stable;
      const record = { requestId: randomUUID(), releaseId: isCandidate ? CANDIDATE : STABLE, status, durationMs, timeToFirstTokenMs: 5 };
      return captured(traceTo(expert, 4), this.nowMs + n, record);
    });
    await writerOf(this.store).write(batchOf(some, this.nowMs));
    return some.map(({ write }) => write.record.requestId);
  }

  start(fields: Partial<RolloutPlan> = {}): Promise<{ rollout: { id: string } }> {
    return this.desk.start(null, planOf(fields), { caller: CALLER, cause: 'direct', reason: 'new expert' });
  }

  async verdicts(id: string): Promise<string[]> {
    const verdicts = await this.records.history.verdicts(id, 100);
    return verdicts.toReversed().map(({ verdict, reason, guard }) => [verdict, reason, guard].filter(Boolean).join(' '));
  }

  async audited(): Promise<string[]> {
    const rows: { action: string; actor: string }[] = await this.store.query(`SELECT action, actor FROM signalbox.audit_entry WHERE action LIKE 'rollout.%' OR action LIKE 'activation.%' ORDER BY seq`);
    return rows.map(({ action, actor }) => `${actor} ${action}`);
  }
}

export function planOf(fields: Partial<RolloutPlan> = {}): RolloutPlan {
  return {
    model: MODEL, candidate: CANDIDATE, falseRollbackRate: 0.05, onNoData: 'pause', stickyBy: 'request', scope: { segment: null, routeSlice: null }, shadowShare: 0,
    steps: [{ share: 0.1, bakeMs: 1000, minRequests: 20, minTokensPerChangedExpert: 0, maxMs: 60_000 }], guards: [ERRORS], ...fields,
  };
}

/** Every token takes experts 0 and `expert` in each layer. */
function traceTo(expert: number, rows: number): RoutingTrace {
  const expertIds = new Uint16Array(rows * LAYERS * TOP_K);
  const gates = new Float32Array(expertIds.length);
  for (let at = 0; at < expertIds.length; at += 1) {
    expertIds[at] = at % TOP_K === 0 ? 0 : expert;
    gates[at] = at % TOP_K === 0 ? 0.6 : 0.4;
  }
  return { layers: LAYERS, experts: EXPERTS, topK: TOP_K, promptRows: rows, choiceRows: [], tokenIds: null, expertIds, gates, flagged: [] };
}

import { Inject, Injectable } from '@nestjs/common';
import { type RouteOutput } from '#libs/contract/management/route';
import { type ROUTES } from '#libs/contract/management/routes';
import { modelOf } from '#libs/governance/change/change-payload';
import { type Principal } from '#libs/platform/auth/scopes';
import { DEFAULT_POLICIES } from '#libs/policy-engine/default-policies';
import { type StoredActivation } from '#libs/store/activation/activation-row';
import { policyDigest } from '#libs/store/changes/change-policies';
import { ACTIVATIONS, type ActivationsPort } from '../models/activation-ports.ts';
import { ROLLOUT_RECORDS, type RolloutRecords } from '../rollouts/rollout-records.ts';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';
import { CHANGE_POLICIES, type ChangePoliciesPort, CHANGES, type ChangesPort } from './change-ports.ts';
import { type ChangeBody, ChangeView } from './change-view.ts';

export type DossierBody = RouteOutput<typeof ROUTES.getDossier>;

/** Audit entries and verdicts of one dossier; a change leaves tens. */
const MAX_ENTRIES = 1000;
const MAX_VERDICTS = 1000;

/** Gathers everything about a change, for who must prove it. */
@Injectable()
export class Dossiers {
  constructor(
    @Inject(CHANGES) private readonly changes: ChangesPort,
    private readonly view: ChangeView,
    @Inject(CHANGE_POLICIES) private readonly policies: ChangePoliciesPort,
    @Inject(ACTIVATIONS) private readonly activations: Pick<ActivationsPort, 'find'>,
    @Inject(ROLLOUT_RECORDS) private readonly rollouts: Pick<RolloutRecords, 'rollouts' | 'history'>,
    @Inject(CONTROL_SETTINGS) private readonly settings: Pick<ControlSettings, 'now'>,
  ) {}

  /** @throws ProblemError 404 */
  async of(id: string, caller: Principal): Promise<DossierBody> {
    const change = await this.view.get(id, caller);
    const stored = await this.changes.find(id);
    const model = stored ? modelOf(stored.change.payload) : null;
    const serving = model === null ? null : await this.activations.find(model);
    const version = change.decision?.policyVersion ?? change.policyVersion;
    const [policy] = version === 0 ? [] : await this.policies.history(1, version + 1);
    return {
      format: 'signalbox.dossier/1',
      writtenAt: new Date(this.settings.now()).toISOString(),
      change,
      policy: { version, sha256: policy?.sha256 ?? policyDigest(DEFAULT_POLICIES) },
      rollout: await this.#rollout(change),
      outcome: { state: change.state, text: outcomeText(change, serving), serving: serving && { ...serving } },
      audit: (await this.changes.auditOf([id, ...this.#rolloutIds(change)], MAX_ENTRIES)).map(({ detail, ...entry }) => ({ ...entry, detail: { ...detail } })),
    };
  }

  async #rollout(change: ChangeBody): Promise<DossierBody['rollout']> {
    const [id] = this.#rolloutIds(change);
    const rollout = id === undefined ? null : await this.rollouts.rollouts.find(id);
    if (!rollout) return null;
    const [steps, verdicts] = await Promise.all([this.rollouts.history.steps(rollout.id), this.rollouts.history.verdicts(rollout.id, MAX_VERDICTS, null)]);
    const { plan, state, reason, candidate, stable, changedExperts } = rollout;
    return JSON.parse(JSON.stringify({ id: rollout.id, state, reason, candidate, stable, changedExperts, plan, steps, verdicts })) as Record<string, unknown>;
  }

  #rolloutIds({ outcome }: ChangeBody): readonly string[] {
    return typeof outcome?.['rollout'] === 'string' ? [outcome['rollout']] : [];
  }
}

/** What became of it, in a sentence; also whether it was taken back since. */
function outcomeText(change: ChangeBody, serving: StoredActivation | null): string {
  const releaseId = typeof change.effect['releaseId'] === 'string' ? change.effect['releaseId'] : null;
  if (change.state !== 'applied' && change.state !== 'applying') return `The request is ${change.state}.`;
  if (releaseId === null || !serving) return `The request is ${change.state}.`;
  if (serving.stable === releaseId) return `Its release ${releaseId} answers.`;
  if (serving.canary?.releaseId === releaseId) return `Its release ${releaseId} answers a share of ${serving.canary.share} as the canary.`;
  if (serving.shadow?.releaseId === releaseId) return `Its release ${releaseId} runs as the shadow.`;
  const back = serving.stable === change.base['stable'] ? 'It was rolled back: the release before it answers again' : 'Another release has followed';
  return `Its release ${releaseId} does not answer any more. ${back} (${serving.stable}).`;
}

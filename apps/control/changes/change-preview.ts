import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { type ROUTES } from '#libs/contract/management/routes';
import { openDraft } from '#libs/governance/change/decide-request';
import { requirementsOf } from '#libs/governance/change/requirements';
import { type Principal } from '#libs/platform/auth/scopes';
import { COMPONENT_FILES, type ComponentFilesPort } from '../registry/registry-ports.ts';
import { RELEASES, type ReleasesPort } from '../releases/releases-port.ts';
import { actorOf, requirePlan } from './change-desk.ts';
import { diffOf } from './change-diff.ts';
import { CHANGE_STATE, type ChangeStatePort } from './change-ports.ts';
import { blocked } from './change-problems.ts';
import { toPayload } from './payload-input.ts';

/** Plans changes without storing anything. */
@Injectable()
export class ChangePreviews {
  constructor(
    @Inject(CHANGE_STATE) private readonly state: ChangeStatePort,
    @Inject(COMPONENT_FILES) private readonly files: Pick<ComponentFilesPort, 'tensors'>,
    @Inject(RELEASES) private readonly releases: Pick<ReleasesPort, 'find'>,
  ) {}

  /** @throws ProblemError where the change cannot be planned */
  async of(body: RouteInput<typeof ROUTES.previewChange>['body'], caller: Principal): Promise<RouteOutput<typeof ROUTES.previewChange>> {
    const payload = toPayload(body.change);
    const actor = actorOf(caller);
    const facts = await this.state.read(null, payload, [caller.accountId]);
    await requirePlan(this.files, payload, facts);
    const drafted = openDraft({ id: randomUUID(), title: 'Preview', reason: 'Preview', payload, supersedes: null }, actor, facts);
    if (!drafted.allowed) throw blocked(drafted.blockers);
    const { change } = drafted.next;
    return {
      type: payload.type,
      class: change.class,
      changeDigest: change.digest,
      base: { ...change.base },
      effect: { ...change.effect },
      diff: await diffOf(change, facts.plan, (releaseId) => this.releases.find(releaseId)),
      warnings: facts.plan.planned ? [...facts.plan.warnings] : [],
      requirements: requirementsOf(drafted.next, actor, facts).filter(({ reason }) => reason !== 'not-open').map((one) => ({ ...one })),
      policyVersion: facts.policy.version,
    };
  }
}

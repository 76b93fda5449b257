import { Inject, Injectable } from '@nestjs/common';
import { type RouteOutput } from '#libs/contract/management/route';
import { type ROUTES } from '#libs/contract/management/routes';
import { servedPeriods } from '#libs/governance/activation/served-periods';
import { releaseNotFound } from './release-problems.ts';
import { RELEASE_USES, type ReleaseUsesPort } from './release-ports.ts';

/** Tells where a release served, and what refers to it. */
@Injectable()
export class ReleaseUsesDesk {
  constructor(@Inject(RELEASE_USES) private readonly uses: ReleaseUsesPort) {}

  async get(releaseId: string): Promise<RouteOutput<typeof ROUTES.getReleaseUses>> {
    const found = await this.uses(releaseId);
    if (found === null) throw releaseNotFound();
    const { model, events, rollouts, changes, recalled } = found;
    return {
      releaseId,
      model,
      served: servedPeriods(releaseId, events).map(({ as, fromMs, toMs }) => ({ as, from: instantOf(fromMs), to: instantOf(toMs) })),
      recalled: recalled.map(({ at, ...one }) => ({ ...one, at: at.toISOString() })),
      rollouts: rollouts.map(({ createdAtMs, ...one }) => ({ ...one, createdAt: new Date(createdAtMs).toISOString() })),
      changes: changes.map(({ createdAtMs, evidence, ...one }) => ({ ...one, evidence: [...evidence], createdAt: new Date(createdAtMs).toISOString() })),
    };
  }
}

function instantOf(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}

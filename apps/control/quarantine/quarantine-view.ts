import { type RouteOutput } from '#libs/contract/management/route';
import { type ROUTES } from '#libs/contract/management/routes';
import { type StoredQuarantine } from '#libs/store/quarantine/quarantine-rows';

export type QuarantineBody = RouteOutput<typeof ROUTES.getQuarantine>;

export function quarantineBody({ id, model, releaseId, layer, expert, reason, forced, createdAtMs, createdBy, createdByName, untilMs, generation, version, end }: StoredQuarantine): QuarantineBody {
  return {
    id, model, releaseId, layer, expert, reason, forced, createdBy, createdByName, generation, version,
    createdAt: new Date(createdAtMs).toISOString(),
    until: untilMs === null ? null : new Date(untilMs).toISOString(),
    state: end?.as ?? 'in-force',
    endedAt: end === null ? null : new Date(end.atMs).toISOString(),
    endedBy: end?.by ?? null,
    endedReason: end?.reason ?? null,
  };
}

/** For the audit log. */
export function auditedState({ layer, expert, releaseId, reason, forced, untilMs, end }: StoredQuarantine): unknown {
  return { expert: `expert/${layer}/${expert}`, releaseId, reason, forced, until: untilMs === null ? null : new Date(untilMs).toISOString(), state: end?.as ?? 'in-force' };
}

export type ServingRole = 'stable' | 'canary' | 'shadow';

/** Which releases an activation named. */
export interface NamedReleases {
  readonly stable: string | null;
  readonly canary: string | null;
  readonly shadow: string | null;
}

/** A write of the activation that began or ended something. */
export interface NamingEvent {
  readonly atMs: number;
  readonly generation: number;
  readonly before: NamedReleases;
  readonly after: NamedReleases;
}

export interface ServedPeriod {
  readonly as: ServingRole;
  /** null where it began before the history. */
  readonly fromMs: number | null;
  /** null while it lasts. */
  readonly toMs: number | null;
}

const ROLES = ['stable', 'canary', 'shadow'] as const;

/**
 * The times in which a release was the stable, canary or shadow one, newest first.
 * @param events those that name the release before or after, in any order
 */
export function servedPeriods(releaseId: string, events: readonly NamingEvent[]): readonly ServedPeriod[] {
  const inOrder = events.toSorted((one, other) => one.generation - other.generation);
  return ROLES.flatMap((as) => periodsAs(as, releaseId, inOrder)).toSorted((one, other) => (other.fromMs ?? 0) - (one.fromMs ?? 0) || ROLES.indexOf(one.as) - ROLES.indexOf(other.as));
}

function periodsAs(as: ServingRole, releaseId: string, events: readonly NamingEvent[]): readonly ServedPeriod[] {
  const periods: ServedPeriod[] = [];
  let open: { readonly fromMs: number | null } | null = null;
  for (const { atMs, before, after } of events) {
    const was = before[as] === releaseId;
    const is = after[as] === releaseId;
    if (was && open === null) open = { fromMs: null };
    if (is && open === null) open = { fromMs: atMs };
    if (was && !is && open !== null) {
      periods.push({ as, ...open, toMs: atMs });
      open = null;
    }
  }
  return open === null ? periods : [...periods, { as, ...open, toMs: null }];
}

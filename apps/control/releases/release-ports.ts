import { type CompatibilityRecords, type StoredCompatibility } from '#libs/store/registry/compatibility-records';
import { type AuditEntry } from '#libs/store/audit/audit-log';
import { type Reference } from '#libs/store/registry/references';
import { type Sha256 } from '#libs/release/component';
import { type ReleaseSets } from '#libs/store/releases/release-sets';
import { type ReleaseUses } from '#libs/store/releases/release-uses';
import { type NewRelease, type SaveOutcome } from '#libs/store/releases/releases';

export const RELEASE_WRITER = Symbol('ReleaseWriter');
export const RELEASE_SETS = Symbol('ReleaseSets');
export const COMPATIBILITY = Symbol('Compatibility');
export const RELEASE_USES = Symbol('ReleaseUses');

/** null where there is no such release. */
export type ReleaseUsesPort = (releaseId: Sha256) => Promise<ReleaseUses | null>;

export type ReleaseSetsPort = Pick<ReleaseSets, 'list' | 'served' | 'active' | 'hold'>;
export type CompatibilityPort = Pick<CompatibilityRecords, 'list' | 'ofPair'>;

export type ComposeOutcome =
  | { readonly outcome: SaveOutcome }
  /** A component version is not there, or was deleted a moment ago. */
  | { readonly outcome: 'missing'; readonly sha256: Sha256 }
  | { readonly outcome: 'recalled'; readonly component: string; readonly reason: string };

export type RemoveReleaseOutcome = { readonly outcome: 'removed' | 'missing' } | { readonly outcome: 'referenced'; readonly references: readonly Reference[] };

/** Changes of releases, each with its audit entry in one transaction. */
export interface ReleaseWriterPort {
  /** Saves a release of component versions that are there and not recalled. */
  compose(release: Omit<NewRelease, 'sizesBytes'>, audit: AuditEntry): Promise<ComposeOutcome>;
  remove(releaseId: Sha256, audit: AuditEntry): Promise<RemoveReleaseOutcome>;
  record(record: StoredCompatibility, audit: AuditEntry): Promise<void>;
}

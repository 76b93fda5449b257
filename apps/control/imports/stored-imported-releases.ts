import { randomUUID } from 'node:crypto';
import { type DataSource } from 'typeorm';
import { expertSetDigest, routerSetDigest } from '#libs/release/component-sets';
import { type ReleaseDiff } from '#libs/release/release-diff';
import { appendAudit, type AuditEntry } from '#libs/store/audit/audit-log';
import { addCompatibility } from '#libs/store/registry/compatibility-records';
import { EMPTY_CARD, writeCard } from '#libs/store/registry/component-card';
import { type NewRelease, type ReleaseOrigin, type SaveOutcome, saveRelease } from '#libs/store/releases/releases';

export interface ImportedRelease extends NewRelease {
  readonly origin: ReleaseOrigin;
  /** Against the parent; null without one. */
  readonly diff: ReleaseDiff | null;
}

/** Saves what an import made. */
export type SaveImported = (release: ImportedRelease, audit: AuditEntry) => Promise<SaveOutcome>;

/**
 * The release, that its routers and experts were trained together, cards that say what its new component
 * versions were made from, and the audit entry, in one transaction.
 */
export function saveImported(dataSource: DataSource): SaveImported {
  return (release, audit) =>
    dataSource.transaction(async (manager) => {
      const saved = await saveRelease(manager, release);
      if (saved === 'already-saved') return saved;
      const { model, manifest, createdAtMs: atMs, importedFrom, origin } = release;
      const by = origin.createdBy;
      await addCompatibility(manager, {
        id: randomUUID(), model, routerSet: routerSetDigest(manifest), expertSet: expertSetDigest(manifest),
        verdict: 'trained-together', evidence: `One checkpoint: ${importedFrom}`, evidenceSha256: null, atMs, by,
      });
      for (const { name, before, after } of release.diff?.components ?? []) {
        if (before === null || after === null) continue;
        const card = { ...EMPTY_CARD, title: `${name} of ${model}`, parentSha256: before, madeHow: `import of ${importedFrom}` };
        // A card that is there already says more.
        await writeCard(manager, { sha256: after, card, expectedRevision: 0, atMs, by });
      }
      await appendAudit(manager, audit);
      return saved;
    });
}

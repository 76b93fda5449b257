import { randomUUID } from 'node:crypto';
import { type DataSource } from 'typeorm';
import { type DerivedRelease } from '#libs/checkpoint/derive/derived-release';
import { expertSetDigest, routerSetDigest } from '#libs/release/component-sets';
import { appendAudit, type AuditEntry } from '#libs/store/audit/audit-log';
import { addCompatibility } from '#libs/store/registry/compatibility-records';
import { EMPTY_CARD, writeCard } from '#libs/store/registry/component-card';
import { type NewRelease, type ReleaseOrigin, type SaveOutcome, saveRelease } from '#libs/store/releases/releases';

interface NewDerived {
  readonly release: NewRelease & { readonly origin: ReleaseOrigin };
  readonly derived: DerivedRelease;
}

/** Saves what a derivation made. */
export type SaveDerived = (made: NewDerived, audit: AuditEntry) => Promise<SaveOutcome>;

/**
 * The release, cards that say what each of its new versions was made from and how, and the audit entry, in one
 * transaction. Whether rounded experts still go with their routers is for people to measure and record; where a
 * router has one expert to choose from, nothing can fail to go together.
 */
export function saveDerived(dataSource: DataSource): SaveDerived {
  return ({ release, derived }, audit) =>
    dataSource.transaction(async (manager) => {
      const saved = await saveRelease(manager, release);
      if (saved === 'already-saved') return saved;
      const { model, manifest, createdAtMs: atMs, origin } = release;
      const by = origin.createdBy;
      if (manifest.shape.experts === 1) {
        const pair = { routerSet: routerSetDigest(manifest), expertSet: expertSetDigest(manifest) };
        await addCompatibility(manager, { id: randomUUID(), model, ...pair, verdict: 'trained-together', evidence: 'A layer has one expert: nothing is routed', evidenceSha256: null, atMs, by });
      }
      for (const { name, sha256, from } of derived.components) {
        const card = { ...EMPTY_CARD, title: `${name} of ${model}`, parentSha256: from, madeHow: derived.madeHow };
        // A card that is there already says more.
        await writeCard(manager, { sha256, card, expectedRevision: 0, atMs, by });
      }
      await appendAudit(manager, audit);
      return saved;
    });
}

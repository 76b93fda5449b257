import { type DataSource } from 'typeorm';
import { type Sha256 } from '#libs/release/component';
import { appendAudit } from '#libs/store/audit/audit-log';
import { addCompatibility } from '#libs/store/registry/compatibility-records';
import { keepComponents } from '#libs/store/registry/component-lock';
import { removeRelease, releaseReferences } from '#libs/store/releases/release-removal';
import { saveRelease } from '#libs/store/releases/releases';
import { type ReleaseWriterPort } from './release-ports.ts';

interface VersionRow {
  readonly sha256: Sha256;
  readonly size: number;
  readonly recallReason: string | null;
  readonly isRecalled: boolean;
}

/** Releases as the store keeps them. */
export function storedReleaseWriter(dataSource: DataSource): ReleaseWriterPort {
  return {
    compose: (release, audit) =>
      dataSource.transaction(async (manager) => {
        // From here on no version can be deleted, and none of them can lose its file.
        await keepComponents(manager);
        const named = Object.entries(release.manifest.components);
        const rows: VersionRow[] = await manager.query(
          `SELECT sha256, size_bytes::float8 AS size, recall_reason AS "recallReason", recalled_at IS NOT NULL AS "isRecalled"
           FROM signalbox.component_version WHERE sha256 = ANY($1::text[])`,
          [named.map(([, sha256]) => sha256)],
        );
        const known = new Map(rows.map((row) => [row.sha256, row]));
        for (const [component, sha256] of named) {
          const version = known.get(sha256);
          if (!version) return { outcome: 'missing', sha256 };
          if (version.isRecalled) return { outcome: 'recalled', component, reason: version.recallReason ?? '' };
        }
        const outcome = await saveRelease(manager, { ...release, sizesBytes: Object.fromEntries(rows.map(({ sha256, size }) => [sha256, size])) });
        if (outcome !== 'already-saved') await appendAudit(manager, audit);
        return { outcome };
      }),
    remove: (releaseId, audit) =>
      dataSource.transaction(async (manager) => {
        // Held against whoever activates it, or makes another release of it, at this moment.
        const rows: unknown[] = await manager.query('SELECT id FROM signalbox.release WHERE id = $1 FOR UPDATE', [releaseId]);
        if (rows.length === 0) return { outcome: 'missing' };
        const references = await releaseReferences(manager, releaseId);
        if (references.length > 0) return { outcome: 'referenced', references };
        await removeRelease(manager, releaseId);
        await appendAudit(manager, audit);
        return { outcome: 'removed' };
      }),
    record: (record, audit) =>
      dataSource.transaction(async (manager) => {
        await addCompatibility(manager, record);
        await appendAudit(manager, audit);
      }),
  };
}

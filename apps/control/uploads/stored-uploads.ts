import { type DataSource } from 'typeorm';
import { type ComponentStore } from '#libs/checkpoint/components/component-store';
import { type Removals } from '#libs/checkpoint/components/removals';
import { type UploadArea } from '#libs/checkpoint/components/upload-area';
import { appendAudit } from '#libs/store/audit/audit-log';
import { boundModelOf } from '#libs/store/changes/governance-modes';
import { writeCard } from '#libs/store/registry/component-card';
import { keepComponents } from '#libs/store/registry/component-lock';
import { endUpload, openUpload, Uploads } from '#libs/store/registry/uploads';
import { type UploadsPort } from './upload-ports.ts';

export interface UploadPlaces {
  readonly store: Pick<ComponentStore, 'adopt'>;
  readonly removals: Removals;
  readonly area: Pick<UploadArea, 'pathOf'>;
}

/** Uploads as the store keeps them, and their way into the registry. */
export function storedUploads(dataSource: DataSource, { store, removals, area }: UploadPlaces): UploadsPort {
  const uploads = new Uploads(dataSource);
  return {
    find: (id) => uploads.find(id),
    list: (limit, after) => uploads.list(limit, after),
    prolong: (id, expiresAtMs) => uploads.prolong(id, expiresAtMs),
    open: (upload, maxOpen, audit) =>
      dataSource.transaction(async (manager) => {
        const outcome = await openUpload(manager, upload, maxOpen);
        if (outcome === 'opened') await appendAudit(manager, audit);
        return outcome;
      }),
    end: (id, end, audit) =>
      dataSource.transaction(async (manager) => {
        const ended = await endUpload(manager, id, end);
        if (ended) await appendAudit(manager, audit);
        return ended;
      }),
    publish: async (upload, atMs, audit) => {
      const { id, sha256, kind, sizeBytes, card } = upload;
      const outcome = await dataSource.transaction(async (manager) => {
        if (!(await endUpload(manager, id, { state: 'finished', error: null, atMs }))) return 'ended';
        await keepComponents(manager);
        await manager.query('INSERT INTO signalbox.component_version (sha256, kind, size_bytes, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT (sha256) DO NOTHING', [sha256, kind, sizeBytes, new Date(atMs)]);
        // A card that someone has written meanwhile stays; where only approved requests write cards, it takes one.
        if ((await boundModelOf(manager, sha256)) === null) await writeCard(manager, { sha256, card, expectedRevision: 0, atMs, by: upload.createdBy });
        // The mark goes down first: should the transaction fail after this, the file is litter, and is found.
        await removals.mark(sha256);
        await store.adopt(area.pathOf(id), sha256);
        await appendAudit(manager, audit);
        return 'published';
      });
      if (outcome === 'published') await removals.unmark(sha256);
      return outcome;
    },
  };
}

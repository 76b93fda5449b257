import { type DataSource } from 'typeorm';
import { type ComponentStore } from '#libs/checkpoint/components/component-store';
import { type Removals } from '#libs/checkpoint/components/removals';
import { type Sha256 } from '#libs/release/component';
import { appendAudit, type AuditEntry } from '#libs/store/audit/audit-log';
import { boundModelOf } from '#libs/store/changes/governance-modes';
import { LOCKS } from '#libs/store/locks';
import { type CardWrite, writeCard } from '#libs/store/registry/component-card';
import { findVersion } from '#libs/store/registry/component-versions';
import { foreignReferences } from '#libs/store/registry/references';
import { underSessionLock } from '#libs/store/session-lock';
import { type CardOutcome, type ComponentWriterPort, type RemovalOutcome } from './registry-ports.ts';

export interface ComponentPlaces {
  readonly store: Pick<ComponentStore, 'remove'>;
  readonly removals: Removals;
}

/** Waiting for whoever names versions at this moment. */
const LOCK_WAIT_MS = 10_000;

/** Component versions, their rows in the store and their files. */
export class StoredComponents implements ComponentWriterPort {
  constructor(
    private readonly dataSource: DataSource,
    private readonly places: ComponentPlaces,
  ) {}

  async writeCard(write: CardWrite, audit: AuditEntry): Promise<CardOutcome> {
    return this.dataSource.transaction(async (manager) => {
      const boundBy = await boundModelOf(manager, write.sha256);
      if (boundBy !== null) return { boundBy };
      const outcome = await writeCard(manager, write);
      if (outcome === 'written') await appendAudit(manager, audit);
      return outcome;
    });
  }

  async remove(sha256: Sha256, audit: AuditEntry): Promise<RemovalOutcome> {
    const outcome = await this.#alone(async (): Promise<RemovalOutcome> => {
      await this.places.removals.mark(sha256);
      const removed = await this.dataSource.transaction(async (manager): Promise<RemovalOutcome> => {
        if (!(await findVersion(manager, sha256))) return { removed: false, reason: 'missing' };
        const references = await foreignReferences(manager, 'component_version', sha256);
        if (references.length > 0) return { removed: false, reason: 'referenced', references };
        await manager.query('DELETE FROM signalbox.component_version WHERE sha256 = $1', [sha256]);
        await appendAudit(manager, audit);
        return { removed: true };
      });
      if (removed.removed) await this.places.store.remove(sha256);
      await this.places.removals.unmark(sha256);
      return removed;
    });
    return outcome ?? { removed: false, reason: 'importing' };
  }

  /** Finishes what a crash left between row and file; gives how many files went. Does nothing while an import runs. */
  async sweep(): Promise<number> {
    const marked = await this.places.removals.marked();
    if (marked.length === 0) return 0;
    const swept = await this.#alone(async () => {
      let removed = 0;
      for (const sha256 of marked) {
        if (!(await findVersion(this.dataSource.manager, sha256))) {
          await this.places.store.remove(sha256);
          removed += 1;
        }
        await this.places.removals.unmark(sha256);
      }
      return removed;
    });
    return swept ?? 0;
  }

  /** No import runs and nobody names versions meanwhile; null where an import does. */
  async #alone<T>(work: () => Promise<T>): Promise<T | null> {
    const outcome = await underSessionLock(this.dataSource, LOCKS.imports, {}, async () =>
      underSessionLock(this.dataSource, LOCKS.components, { signal: AbortSignal.timeout(LOCK_WAIT_MS) }, work),
    );
    return outcome.held && outcome.result.held ? outcome.result.result : null;
  }
}

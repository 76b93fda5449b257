import { join } from 'node:path';
import { type DataSource } from 'typeorm';
import { type ComponentStore } from '#libs/checkpoint/components/component-store';
import { LOCKS } from '#libs/store/locks';
import { Releases } from '#libs/store/releases/releases';
import { underSessionLock } from '#libs/store/session-lock';
import { storedActivationDesk } from '../models/activation-parts.ts';
import { checkpointImporter, type ImporterParts } from './checkpoint-importer.ts';
import { type CheckpointImporter } from './import-ports.ts';
import { saveImported } from './stored-imported-releases.ts';

export interface StoredImporterParts {
  readonly components: ComponentStore;
  /** SIGNALBOX_HOME. */
  readonly home: string;
  readonly now: () => number;
}

/** The importer over the store. */
export function storedImporter(dataSource: DataSource, { components, home, now }: StoredImporterParts): CheckpointImporter {
  return checkpointImporter({
    components,
    journalDirectory: join(home, 'imports'),
    releases: new Releases(dataSource),
    save: saveImported(dataSource),
    alone: importsAlone(dataSource),
    desk: storedActivationDesk(dataSource, { now }),
    now,
  });
}

/** One import at a time, of all processes on this database. */
export function importsAlone(dataSource: DataSource): ImporterParts['alone'] {
  return async (signal, work) => {
    const outcome = await underSessionLock(dataSource, LOCKS.imports, { signal }, work);
    if (!outcome.held) throw new Error('the lock of imports was not waited for');
    return outcome.result;
  };
}

import { LessThan, type DataSource, type EntityManager } from 'typeorm';
import { ImportJobEntity } from './import-job.entity.ts';
import { type DerivationOrder, type ImportError, type ImportJob, type ImportOutcome, type ImportProgress } from './import-job.ts';

export interface NewImportJob {
  readonly id: string;
  readonly directory: string;
  readonly model: string;
  readonly parentRelease: string | null;
  readonly derivation?: DerivationOrder;
  readonly createdAtMs: number;
}

export interface ImportPosition {
  readonly createdAtMs: number;
  readonly id: string;
}

/** Checkpoint imports. A finished job no longer changes. */
export class ImportJobs {
  constructor(private readonly dataSource: DataSource) {}

  async create(job: NewImportJob, manager: EntityManager = this.dataSource.manager): Promise<void> {
    await manager.insert(ImportJobEntity, {
      id: job.id,
      directory: job.directory,
      model: job.model,
      parentRelease: job.parentRelease,
      derivation: job.derivation ?? null,
      status: 'queued',
      createdAt: new Date(job.createdAtMs),
    });
  }

  async progress(id: string, progress: ImportProgress): Promise<void> {
    await this.dataSource.query(
      `UPDATE signalbox.import_job SET status = 'running', progress = $2 WHERE id = $1 AND finished_at IS NULL`,
      [id, JSON.stringify(progress)],
    );
  }

  async succeed(id: string, { releaseId, summary, warnings }: ImportOutcome, atMs: number): Promise<void> {
    await this.dataSource.query(
      `UPDATE signalbox.import_job SET status = 'succeeded', release_id = $2, warnings = $3, finished_at = $4, summary = $5
       WHERE id = $1 AND finished_at IS NULL`,
      [id, releaseId, JSON.stringify(warnings), new Date(atMs), summary],
    );
  }

  async fail(id: string, error: ImportError, atMs: number, manager: EntityManager = this.dataSource.manager): Promise<void> {
    await manager.query(
      `UPDATE signalbox.import_job SET status = 'failed', error = $2, finished_at = $3
       WHERE id = $1 AND finished_at IS NULL`,
      [id, JSON.stringify(error), new Date(atMs)],
    );
  }

  async find(id: string): Promise<ImportJob | null> {
    const row = await this.dataSource.manager.findOneBy(ImportJobEntity, { id });
    return row && toJob(row);
  }

  /** Newest first; `after` is the last job of the page before. */
  async list(limit: number, after: ImportPosition | null = null): Promise<readonly ImportJob[]> {
    const at = after && new Date(after.createdAtMs);
    const rows = await this.dataSource.manager.find(ImportJobEntity, {
      where: after && at ? [{ createdAt: LessThan(at) }, { createdAt: at, id: LessThan(after.id) }] : {},
      order: { createdAt: 'DESC', id: 'DESC' },
      take: limit,
    });
    return rows.map(toJob);
  }
}

function toJob(row: ImportJobEntity): ImportJob {
  const { createdAt, finishedAt, ...same } = row;
  return { ...same, createdAtMs: createdAt.getTime(), finishedAtMs: finishedAt?.getTime() ?? null };
}

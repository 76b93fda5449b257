import { type DataSource } from 'typeorm';
import { appendAudit } from '#libs/store/audit/audit-log';
import { type ImportJobs } from '#libs/store/imports/import-jobs';
import { LOCKS } from '#libs/store/locks';
import { underSessionLock } from '#libs/store/session-lock';
import { type ImportJobsPort } from './import-ports.ts';

/** Imports as the store keeps them. */
export function storedImportJobs(dataSource: DataSource, jobs: ImportJobs): ImportJobsPort {
  return {
    create: (job, audit) =>
      dataSource.transaction(async (manager) => {
        await jobs.create(job, manager);
        await appendAudit(manager, audit);
      }),
    progress: (id, progress) => jobs.progress(id, progress),
    succeed: (id, outcome, atMs) => jobs.succeed(id, outcome, atMs),
    fail: (id, error, atMs) => jobs.fail(id, error, atMs),
    find: (id) => jobs.find(id),
    list: (limit, after) => jobs.list(limit, after),
    othersRun: async () => !(await underSessionLock(dataSource, LOCKS.imports, {}, async () => undefined)).held,
    cancel: (id, error, atMs, audit) =>
      dataSource.transaction(async (manager) => {
        await jobs.fail(id, error, atMs, manager);
        await appendAudit(manager, audit);
      }),
  };
}

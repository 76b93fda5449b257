import { randomUUID } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { type ROUTES } from '#libs/contract/management/routes';
import { type Principal } from '#libs/platform/auth/scopes';
import { ProblemError } from '#libs/platform/errors/problem-error';
import { type DerivationOrder, type ImportJob } from '#libs/store/imports/import-job';
import { auditOf } from '../http/audited.ts';
import { decodeCursor, isInstantMs, isUuid, page } from '../http/cursor.ts';
import { releaseNotFound } from '../releases/release-problems.ts';
import { RELEASES, type ReleasesPort } from '../releases/releases-port.ts';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';
import { IMPORT_JOBS, type ImportJobsPort } from './import-ports.ts';
import { ImportRunner, MAX_OPEN_IMPORTS } from './import-runner.ts';

type ImportBody = RouteOutput<typeof ROUTES.getImport>;

/** Takes orders for imports and tells how they stand. */
@Injectable()
export class ImportDesk {
  constructor(
    @Inject(IMPORT_JOBS) private readonly jobs: ImportJobsPort,
    private readonly runner: ImportRunner,
    @Inject(RELEASES) private readonly releases: Pick<ReleasesPort, 'find'>,
    @Inject(CONTROL_SETTINGS) private readonly settings: ControlSettings,
  ) {}

  async create({ directory, model, activate, parent, note }: RouteInput<typeof ROUTES.createImport>['body'], caller: Principal): Promise<ImportBody> {
    await checkDirectory(directory);
    if (parent !== undefined && !(await this.releases.find(parent))) throw releaseNotFound('parent');
    if (this.runner.openImports >= MAX_OPEN_IMPORTS) throw tooManyImports();
    const job = { id: randomUUID(), directory, model, parentRelease: parent ?? null, createdAtMs: this.settings.now() };
    const audit = auditOf(caller, job.createdAtMs, 'import.create', `import/${job.id}`, { directory, model, activate, ...(parent === undefined ? {} : { parent }) });
    await this.jobs.create(job, audit);
    this.runner.start(job.id, { directory, model, activate, actor: audit.actor, note, ...(parent === undefined ? {} : { parent }) });
    return this.get(job.id);
  }

  async get(id: string): Promise<ImportBody> {
    const job = await this.jobs.find(id);
    if (job) return importBody(job);
    throw new ProblemError({ status: 404, code: 'import_not_found', title: 'No such import', detail: 'GET /api/v1/imports lists them.' });
  }

  async list({ cursor, limit }: RouteInput<typeof ROUTES.listImports>['query']): Promise<RouteOutput<typeof ROUTES.listImports>> {
    const after = decodeCursor(cursor, ([createdAtMs, id]) => (isInstantMs(createdAtMs) && isUuid(id) ? { createdAtMs, id } : null));
    const { items, nextCursor } = page(await this.jobs.list(limit + 1, after), limit, ({ createdAtMs, id }) => [createdAtMs, id]);
    return { items: items.map(importBody), nextCursor };
  }

  async cancel(id: string, caller: Principal): Promise<ImportBody> {
    const { state } = await this.get(id);
    const isOpen = state === 'queued' || state === 'running';
    if (isOpen && (await this.runner.cancel(id, auditOf(caller, this.settings.now(), 'import.cancel', `import/${id}`)))) return this.get(id);
    if (isOpen) throw new ProblemError({ status: 409, code: 'import_elsewhere', title: 'Another process has this import', detail: `It is ${state} in another control process: send the request there, or stop that process.` });
    throw new ProblemError({ status: 409, code: 'import_ended', title: 'The import has ended', detail: `It is ${state}; only a waiting or running one can be cancelled.` });
  }
}

/** @throws ProblemError 400 naming `directory` */
async function checkDirectory(directory: string): Promise<void> {
  const wrong = (detail: string): ProblemError =>
    new ProblemError({ status: 400, code: 'invalid_request', title: 'The folder cannot be imported', detail: `Body field directory: ${detail}.`, field: 'directory' });
  if (!isAbsolute(directory) || directory.includes('\0')) throw wrong('give an absolute path on the machine of the server');
  const found = await stat(directory).catch(() => null);
  if (!found) throw wrong('there is no such folder on the machine of the server, or it may not be read');
  if (!found.isDirectory()) throw wrong('this is a file; give the folder that holds config.json and the weights');
}

export function tooManyImports(): ProblemError {
  return new ProblemError({
    status: 429,
    code: 'too_many_imports',
    title: 'Too many imports are waiting',
    detail: `At most ${MAX_OPEN_IMPORTS} may wait or run: try again when one has ended, or cancel one.`,
  });
}

/** A cancelled import is stored as failed with that code; the API gives it a state of its own. */
export function importBody({ id, directory, model, status, progress, error, releaseId, derivation, summary, warnings, createdAtMs, finishedAtMs }: ImportJob): ImportBody {
  const cancelled = error?.code === 'cancelled';
  return {
    id,
    directory,
    model,
    state: cancelled ? 'cancelled' : status,
    progress: { phase: progress?.stage ?? status, doneBytes: progress?.doneBytes ?? 0, totalBytes: progress?.totalBytes ?? 0 },
    releaseId,
    derivation: derivation && derivationBody(derivation),
    summary,
    warnings: [...warnings],
    error: error && { code: error.code, message: error.message },
    createdAt: new Date(createdAtMs).toISOString(),
    finishedAt: finishedAtMs === null ? null : new Date(finishedAtMs).toISOString(),
  };
}

function derivationBody(order: DerivationOrder): NonNullable<ImportBody['derivation']> {
  if (order.kind === 'densify') return { kind: order.kind, model: order.model, expertsPerLayer: order.expertsPerLayer };
  return { kind: order.kind, precision: order.precision, components: typeof order.components === 'string' ? order.components : [...order.components] };
}

import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { type ROUTES } from '#libs/contract/management/routes';
import { type Principal } from '#libs/platform/auth/scopes';
import { isErrorWithCode } from '#libs/platform/errors/error-code';
import { ProblemError } from '#libs/platform/errors/problem-error';
import { type Sha256 } from '#libs/release/component';
import { EMPTY_CARD } from '#libs/store/registry/component-card';
import { type Upload } from '#libs/store/registry/uploads';
import { auditOf } from '../http/audited.ts';
import { decodeCursor, isInstantMs, isUuid, page } from '../http/cursor.ts';
import { COMPONENT_FILES, type ComponentFilesPort, COMPONENT_VERSIONS, type ComponentVersionsPort } from '../registry/registry-ports.ts';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';
import { RunningDigests } from './running-digests.ts';
import { UPLOAD_FILES, type UploadFilesPort, UPLOADS, type UploadsPort } from './upload-ports.ts';
import { diskFull, fileRefused, interrupted, isBroken, MAX_OPEN_UPLOADS, tooManyUploads, uploadBusy, uploadEnded, uploadNotFound, wrongOffset, wrongSize } from './upload-problems.ts';
import { UploadTargets } from './upload-targets.ts';

type UploadBody = RouteOutput<typeof ROUTES.getUpload>;

/** An upload to which nothing was added for so long is given up. */
const KEEP_MS = 24 * 3_600_000;
/** Left free on the disk for everything else. */
const RESERVE_BYTES = 64 * 1024 * 1024;

/** Takes component versions in, in pieces. */
@Injectable()
export class UploadDesk {
  readonly #digests = new RunningDigests();
  readonly #busy = new Set<string>();

  constructor(
    @Inject(UPLOADS) private readonly uploads: UploadsPort,
    @Inject(UPLOAD_FILES) private readonly files: UploadFilesPort,
    @Inject(COMPONENT_VERSIONS) private readonly versions: ComponentVersionsPort,
    @Inject(COMPONENT_FILES) private readonly stored: Pick<ComponentFilesPort, 'has'>,
    private readonly targets: UploadTargets,
    @Inject(CONTROL_SETTINGS) private readonly settings: Pick<ControlSettings, 'now'>,
  ) {}

  /** `uploadId` is null where the registry holds the bytes already. */
  async create(body: RouteInput<typeof ROUTES.createUpload>['body'], caller: Principal): Promise<UploadBody> {
    const { sha256, sizeBytes, kind } = body;
    const target = await this.targets.find(body);
    const known = await this.versions.find(sha256);
    if (known && (await this.stored.has(sha256))) {
      if (known.kind !== kind) throw new ProblemError({ status: 409, code: 'kinds_differ', title: 'The registry holds these bytes as another kind', detail: `Body field kind: ${sha256} is there as a ${known.kind}.`, field: 'kind' });
      return { uploadId: null, sha256, kind, sizeBytes: known.sizeBytes, offsetBytes: known.sizeBytes, state: 'finished', error: null, createdAt: null, expiresAt: null };
    }
    if ((await this.files.freeBytes()) < sizeBytes + RESERVE_BYTES) throw diskFull(sizeBytes);
    const nowMs = this.settings.now();
    const card = { ...EMPTY_CARD, ...body.card };
    const upload = {
      id: randomUUID(), sha256, sizeBytes, kind, component: target?.component ?? null, releaseId: target?.releaseId ?? null,
      card: target && card.parentSha256 === null ? { ...card, parentSha256: target.replaces, madeHow: card.madeHow || `uploaded to replace ${target.component} of ${target.model}` } : card,
      createdBy: caller.accountId, createdAtMs: nowMs, expiresAtMs: nowMs + KEEP_MS,
    };
    const audit = auditOf(caller, nowMs, 'upload.create', `upload/${upload.id}`, { sha256, sizeBytes, kind, component: upload.component });
    if ((await this.uploads.open(upload, MAX_OPEN_UPLOADS, audit)) === 'too-many') throw tooManyUploads();
    return this.get(upload.id);
  }

  async get(id: string): Promise<UploadBody> {
    return uploadBody(await this.#find(id), await this.files.offsetOf(id));
  }

  async list({ cursor, limit }: RouteInput<typeof ROUTES.listUploads>['query']): Promise<RouteOutput<typeof ROUTES.listUploads>> {
    const after = decodeCursor(cursor, ([createdAtMs, id]) => (isInstantMs(createdAtMs) && isUuid(id) ? { createdAtMs, id } : null));
    const { items, nextCursor } = page(await this.uploads.list(limit + 1, after), limit, ({ createdAtMs, id }) => [createdAtMs, id]);
    return { items: await Promise.all(items.map(async (upload) => uploadBody(upload, await this.files.offsetOf(upload.id)))), nextCursor };
  }

  /** Appends bytes, and finishes the upload with its last one. */
  async append(id: string, offsetBytes: number, bytes: AsyncIterable<Uint8Array>, caller: Principal): Promise<UploadBody> {
    const upload = await this.#find(id);
    if (upload.state !== 'open') throw uploadEnded(upload.state);
    if (this.#busy.has(id)) throw uploadBusy();
    this.#busy.add(id);
    try {
      const reached = await this.#append(upload, offsetBytes, bytes);
      await this.uploads.prolong(id, this.settings.now() + KEEP_MS);
      if (reached === upload.sizeBytes) await this.#finish(upload, caller);
    } finally {
      this.#busy.delete(id);
    }
    return this.get(id);
  }

  async cancel(id: string, caller: Principal): Promise<void> {
    const upload = await this.#find(id);
    if (this.#busy.has(id)) throw uploadBusy();
    const nowMs = this.settings.now();
    const end = { state: 'failed', error: { code: 'cancelled', message: 'Cancelled on request.' }, atMs: nowMs } as const;
    if (!(await this.uploads.end(id, end, auditOf(caller, nowMs, 'upload.cancel', `upload/${id}`)))) throw uploadEnded(upload.state);
    await this.#forget(id);
  }

  async #append(upload: Upload, offsetBytes: number, bytes: AsyncIterable<Uint8Array>): Promise<number> {
    let at = offsetBytes;
    const onWritten = (run: Uint8Array): void => {
      this.#digests.take(upload.id, at, run);
      at += run.byteLength;
    };
    try {
      const outcome = await this.files.append(upload.id, bytes, { offsetBytes, sizeBytes: upload.sizeBytes, onWritten });
      if (outcome.outcome === 'wrong-offset') throw wrongOffset(outcome.offsetBytes);
      if (outcome.outcome === 'too-long') throw wrongSize(upload.sizeBytes);
      return outcome.offsetBytes;
    } catch (error) {
      if (isErrorWithCode(error, 'ENOSPC')) throw diskFull(upload.sizeBytes);
      if (isBroken(error)) throw interrupted(await this.files.offsetOf(upload.id));
      throw error;
    }
  }

  async #finish(upload: Upload, caller: Principal): Promise<void> {
    const { id, sha256, kind, sizeBytes } = upload;
    const computed: Sha256 | null = this.#digests.end(id, sizeBytes);
    const atMs = (): number => this.settings.now();
    try {
      await this.files.verify(upload, computed);
    } catch (error) {
      const refused = fileRefused(error);
      if (!refused) throw error;
      await this.uploads.end(id, { state: 'failed', error: { code: refused.code, message: refused.detail }, atMs: atMs() }, auditOf(caller, atMs(), 'upload.fail', `upload/${id}`, { sha256, code: refused.code }));
      await this.#forget(id);
      throw refused;
    }
    const audit = { ...auditOf(caller, atMs(), 'component.upload', `component/${sha256}`, { uploadId: id, kind, sizeBytes, component: upload.component }), after: upload.card };
    if ((await this.uploads.publish(upload, atMs(), audit)) === 'ended') throw uploadEnded((await this.#find(id)).state);
    await this.files.discard(id);
  }

  async #forget(id: string): Promise<void> {
    this.#digests.end(id, 0);
    await this.files.discard(id);
  }

  async #find(id: string): Promise<Upload> {
    const found = await this.uploads.find(id);
    if (found) return found;
    throw uploadNotFound();
  }
}

function uploadBody({ id, sha256, kind, sizeBytes, state, error, createdAtMs, expiresAtMs }: Upload, offsetBytes: number): UploadBody {
  return {
    uploadId: id,
    sha256,
    kind,
    sizeBytes,
    offsetBytes: state === 'finished' ? sizeBytes : offsetBytes,
    state,
    error: error && { code: error.code, message: error.message },
    createdAt: new Date(createdAtMs).toISOString(),
    expiresAt: state === 'open' ? new Date(expiresAtMs).toISOString() : null,
  };
}

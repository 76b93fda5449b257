import { Controller, Inject } from '@nestjs/common';
import { signedNote, noteVerifierKey } from '#libs/governance/audit/checkpoint';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { ROUTES } from '#libs/contract/management/routes';
import { ProblemError } from '#libs/platform/errors/problem-error';
import { decodeCursor, page } from '../http/cursor.ts';
import { Endpoint, Input } from '../http/endpoint.ts';
import { AUDIT_CHECKPOINTS, AUDIT_LOG, AUDIT_SIGNER, AUDIT_TREE, type AuditCheckpointsPort, type AuditLogPort, type AuditSigner, type AuditTreePort } from './audit-ports.ts';
import { entryBody } from './audit-view.ts';

type In<N extends keyof typeof ROUTES> = RouteInput<(typeof ROUTES)[N]>;
type Out<N extends keyof typeof ROUTES> = Promise<RouteOutput<(typeof ROUTES)[N]>>;

/** Checkpoints looked through for the newest one of a key. */
const NOTE_SEARCH = 200;

@Controller()
export class AuditController {
  constructor(
    @Inject(AUDIT_LOG) private readonly log: AuditLogPort,
    @Inject(AUDIT_CHECKPOINTS) private readonly checkpoints: AuditCheckpointsPort,
    @Inject(AUDIT_TREE) private readonly tree: AuditTreePort,
    @Inject(AUDIT_SIGNER) private readonly signer: AuditSigner,
  ) {}

  @Endpoint(ROUTES.listAudit)
  async list(@Input() { query }: In<'listAudit'>): Out<'listAudit'> {
    const beforeId = decodeCursor(query.cursor, ([id]) => (typeof id === 'string' && /^\d{1,18}$/.test(id) ? id : null));
    const { limit, cursor: _, from, to, ...same } = query;
    const filter = { ...same, ...(from === undefined ? {} : { fromMs: Date.parse(from) }), ...(to === undefined ? {} : { toMs: Date.parse(to) }) };
    const { items, nextCursor } = page(await this.log.list(limit + 1, beforeId, filter), limit, ({ id }) => [id]);
    return { items: items.map(entryBody), nextCursor };
  }

  @Endpoint(ROUTES.listAuditCheckpoints)
  async listCheckpoints(@Input() { query }: In<'listAuditCheckpoints'>): Out<'listAuditCheckpoints'> {
    const below = decodeCursor(query.cursor, ([size]) => (typeof size === 'number' && Number.isSafeInteger(size) ? size : null));
    return page(await this.checkpoints.list(query.limit + 1, below), query.limit, ({ treeSize }) => [treeSize]);
  }

  @Endpoint(ROUTES.getAuditKey)
  async key(): Out<'getAuditKey'> {
    const { keyId, publicKey } = this.signer;
    const latest = (await this.checkpoints.list(NOTE_SEARCH)).find((checkpoint) => checkpoint.keyId === keyId);
    return {
      keyId,
      publicKey: Buffer.from(publicKey).toString('base64'),
      noteVerifierKey: noteVerifierKey(publicKey),
      latestNote: latest === undefined ? null : signedNote(latest, publicKey),
    };
  }

  @Endpoint(ROUTES.getAuditEntry)
  async entry(@Input() { params }: In<'getAuditEntry'>): Out<'getAuditEntry'> {
    const entry = await this.log.find(params.entryId);
    if (entry === null) throw new ProblemError({ status: 404, code: 'audit_entry_not_found', title: 'No such entry', detail: 'Path field entryId: no entry has this id; GET /api/v1/audit lists them.', field: 'entryId' });
    const [checkpoint] = await this.checkpoints.list(1);
    if (entry.seq === null || checkpoint === undefined || entry.seq > checkpoint.treeSize) return { entry: entryBody(entry), proof: null };
    const path = await this.tree.inclusionPath(entry.seq, checkpoint.treeSize);
    return { entry: entryBody(entry), proof: { leafIndex: entry.seq - 1, path: path.map((hash) => Buffer.from(hash).toString('hex')), checkpoint } };
  }
}

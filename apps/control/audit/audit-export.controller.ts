import { Readable } from 'node:stream';
import { Controller, Inject, Res } from '@nestjs/common';
import { type FastifyReply } from 'fastify';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { ROUTES } from '#libs/contract/management/routes';
import { type Principal } from '#libs/platform/auth/scopes';
import { ProblemError } from '#libs/platform/errors/problem-error';
import { auditOf } from '../http/audited.ts';
import { Caller, Endpoint, Input } from '../http/endpoint.ts';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';
import { AUDIT_LOG, AUDIT_SIGNER, AUDIT_VAULT, type AuditLogPort, type AuditSigner, type AuditVault } from './audit-ports.ts';
import { exportLines } from './export-lines.ts';

/** An export holds a connection of the pool; one at a time leaves the others for who serves. */
const MAX_EXPORTS = 1;
const MAX_EXPORT_MS = 3_600_000;

@Controller()
export class AuditExportController {
  private running = 0;

  constructor(
    @Inject(AUDIT_VAULT) private readonly vault: AuditVault,
    @Inject(AUDIT_LOG) private readonly log: AuditLogPort,
    @Inject(AUDIT_SIGNER) private readonly signer: AuditSigner,
    @Inject(CONTROL_SETTINGS) private readonly settings: ControlSettings,
  ) {}

  @Endpoint(ROUTES.exportAudit)
  async export(@Caller() caller: Principal, @Res() reply: FastifyReply): Promise<void> {
    if (this.running >= MAX_EXPORTS) {
      throw new ProblemError({ status: 429, code: 'export_running', title: 'Another export is under way', detail: 'Only one export runs at a time: try again when it has ended.' });
    }
    this.running += 1;
    const atMs = this.settings.now();
    try {
      await this.log.append(auditOf(caller, atMs, 'audit.export', 'audit'));
    } catch (error) {
      this.running -= 1;
      throw error;
    }
    const lines = Readable.from(exportLines(this.vault, this.signer, atMs), { objectMode: false, highWaterMark: 64 * 1024 });
    // A reader that takes nothing would hold the snapshot, and the only export, for ever.
    const limit = setTimeout(() => lines.destroy(new Error('the export took longer than an hour')), MAX_EXPORT_MS);
    // Also where the reader goes before the first line was taken.
    lines.once('close', () => {
      clearTimeout(limit);
      this.running -= 1;
    });
    void reply
      .header('content-type', 'application/x-ndjson; charset=utf-8')
      .header('content-disposition', `attachment; filename="signalbox-audit-${new Date(atMs).toISOString().slice(0, 19).replaceAll(':', '')}.ndjson"`)
      .header('cache-control', 'no-store')
      .send(lines);
  }

  @Endpoint(ROUTES.adoptAudit)
  async adopt(@Input() { body }: RouteInput<typeof ROUTES.adoptAudit>, @Caller() caller: Principal): Promise<RouteOutput<typeof ROUTES.adoptAudit>> {
    const { atMs, actor, requestId } = auditOf(caller, this.settings.now(), 'audit.adopt', 'audit');
    const adoption = await this.vault.adopt({ atMs, actor, requestId, reason: body.reason });
    return { adopted: adoption?.entries ?? 0, digest: adoption?.digest ?? null };
  }
}

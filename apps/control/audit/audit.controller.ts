import { Controller, Inject } from '@nestjs/common';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { ROUTES } from '#libs/contract/management/routes';
import { type AuditLog } from '#libs/store/audit/audit-log';
import { decodeCursor, page } from '../http/cursor.ts';
import { Endpoint, Input } from '../http/endpoint.ts';

export const AUDIT_LOG = Symbol('AuditLog');

@Controller()
export class AuditController {
  constructor(@Inject(AUDIT_LOG) private readonly log: Pick<AuditLog, 'list'>) {}

  @Endpoint(ROUTES.listAudit)
  async list(@Input() { query }: RouteInput<typeof ROUTES.listAudit>): Promise<RouteOutput<typeof ROUTES.listAudit>> {
    const beforeId = decodeCursor(query.cursor, ([id]) => (typeof id === 'string' && /^\d{1,18}$/.test(id) ? id : null));
    const { items, nextCursor } = page(await this.log.list(query.limit + 1, beforeId), query.limit, ({ id }) => [id]);
    return {
      items: items.map(({ id, atMs, actor, action, subject, detail }) => ({ id, at: new Date(atMs).toISOString(), actor, action, subject, details: { ...detail } })),
      nextCursor,
    };
  }
}

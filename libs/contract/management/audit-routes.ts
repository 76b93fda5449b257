import { adoptionBody, adoptionSchema, auditEntryParams, auditKeySchema, auditProofSchema, auditQuery, auditSchema, checkpointsQuery, checkpointsSchema } from './audit.ts';
import { type Route } from './route.ts';

/** The audit log, and what proves it. */
export const auditRoutes = {
  listAudit: {
    operationId: 'listAudit', method: 'get', path: '/audit', tag: 'audit', needs: 'audit', tenancy: 'none',
    summary: 'Audit log, newest first', query: auditQuery, status: 200, response: auditSchema,
    example: { query: { action: 'activation.*' } },
  },
  getAuditEntry: {
    operationId: 'getAuditEntry', method: 'get', path: '/audit/{entryId}', tag: 'audit', needs: 'audit', tenancy: 'none',
    summary: 'One entry, with the proof that a signed checkpoint covers it',
    params: auditEntryParams, status: 200, response: auditProofSchema, problems: { 404: 'No such entry.' },
    example: { params: { entryId: '1' } },
  },
  listAuditCheckpoints: {
    operationId: 'listAuditCheckpoints', method: 'get', path: '/audit/checkpoints', tag: 'audit', needs: 'audit', tenancy: 'none',
    summary: 'Signed checkpoints of the log, largest first', query: checkpointsQuery, status: 200, response: checkpointsSchema,
  },
  getAuditKey: {
    operationId: 'getAuditKey', method: 'get', path: '/audit/key', tag: 'audit', needs: 'audit', tenancy: 'none',
    summary: 'The public key that signs checkpoints', status: 200, response: auditKeySchema,
  },
  exportAudit: {
    operationId: 'exportAudit', method: 'get', path: '/audit/export', tag: 'audit', needs: 'audit', tenancy: 'none',
    summary: 'The whole log in one stream, for `signalbox audit verify`',
    description: 'The export is audited itself, and holds that entry.',
    status: 200, response: null, lines: 'A header, the entries, the checkpoints and an end line, each a JSON object; docs/audit.md describes them.',
    problems: { 429: 'Another export is under way.' },
  },
  adoptAudit: {
    operationId: 'adoptAudit', method: 'post', path: '/audit/adoptions', tag: 'audit', needs: 'administer', tenancy: 'none',
    summary: 'Take entries that an older version wrote under the protection of the chain',
    description: 'Until then the verifier reports them. It shows from then on that they do not change, not who wrote them.',
    body: adoptionBody, status: 200, response: adoptionSchema,
    example: { body: { reason: 'Rolling upgrade of 2026-11-22.' } },
  },
} as const satisfies Record<string, Route>;

import { z } from 'zod';
import { instant, pageOf, pageQuery } from './common.ts';

const auditEntrySchema = z
  .object({
    id: z.string(),
    at: instant,
    actor: z.string().describe('Key that acted: its id and name.'),
    action: z.string().describe('Such as trace.read, activation.set, key.create.'),
    subject: z.string().describe('What it was done to: a request, a model, a key.'),
    details: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'AuditEntry' });
export const auditQuery = z.object(pageQuery);
export const auditSchema = pageOf(auditEntrySchema, 'AuditEntries');

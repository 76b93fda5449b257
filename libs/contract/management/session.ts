import { z } from 'zod';
import { PERMISSIONS } from '#libs/governance/access/permissions';
import { roleSchema } from './accounts.ts';
import { instant, pageOf, pageQuery } from './common.ts';

const csrfToken = z.string().describe('To be sent as x-csrf-token with what changes something.');

export const openedSessionSchema = z
  .object({ id: z.uuid(), csrfToken, expiresAt: instant.describe('It ends then at the latest, and earlier when it is not used.') })
  .meta({ id: 'OpenedSession' });

export const sessionParams = z.object({ sessionId: z.uuid('give a session id, as GET /api/v1/me/sessions lists them') });
export const sessionSchema = z
  .object({
    id: z.uuid(),
    by: z.enum(['key', 'sign-in']).describe('How it was opened.'),
    createdAt: instant,
    lastSeenAt: instant.describe('To the minute.'),
    expiresAt: instant,
    endedAt: instant.nullable(),
    isThis: z.boolean().describe('Whether it is the one of this request.'),
  })
  .meta({ id: 'Session' });
export const sessionsQuery = z.object(pageQuery);
export const sessionsSchema = pageOf(sessionSchema, 'Sessions');
export const endedSessionsSchema = z.object({ ended: z.int().describe('Sessions that were open.') }).meta({ id: 'EndedSessions' });

export const meSchema = z
  .object({
    account: z.string().describe('As the audit log names it.'),
    kind: z.enum(['user', 'service', 'system']),
    name: z.string(),
    roles: z.array(roleSchema),
    permissions: z.array(z.enum(PERMISSIONS)).describe('What this key or session may do.'),
    tenant: z.string().nullable().describe('The only tenant whose data it sees; null: all.'),
    key: z.uuid().nullable().describe('The key of this request; null for a session.'),
    session: z.object({ id: z.uuid(), csrfToken, expiresAt: instant }).nullable(),
  })
  .meta({ id: 'Me' });

export const startQuery = z.object({
  returnTo: z.string().regex(/^\/(?!\/)[!-[\]-~]{0,500}$/, 'give a path of this server, such as /').default('/').describe('Where the browser goes after signing in.'),
});
/** What a provider sends back; it may add more. */
export const callbackQuery = z.object({
  state: z.string('sign in again from the start').min(1, 'sign in again from the start').max(512),
  code: z.string().max(4096).optional(),
  iss: z.string().max(2048).optional(),
  session_state: z.string().max(2048).optional(),
  scope: z.string().max(2048).optional(),
  error: z.string().max(512).optional(),
  error_description: z.string().max(2048).optional(),
  error_uri: z.string().max(2048).optional(),
});

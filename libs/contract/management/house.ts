import { z } from 'zod';
import { PERMISSIONS } from '#libs/governance/access/permissions';
import { roleSchema } from './accounts.ts';
import { count, pageOf, pageQuery } from './common.ts';

const permission = z.enum(PERMISSIONS);

export const signInMethodsSchema = z
  .object({
    key: z.boolean().describe('Whether an API key opens a session.'),
    oidc: z.object({ name: z.string().describe('What people call the provider.') }).nullable().describe('The OpenID Connect provider; null: none is set.'),
  })
  .meta({ id: 'SignInMethods' });

export const rolesSchema = z
  .object({
    roles: z.array(z.object({ role: roleSchema, meaning: z.string().describe('Whom it is for.'), permissions: z.array(permission) })),
    permissions: z.array(z.object({ permission, meaning: z.string().describe('What it lets somebody do.') })),
  })
  .meta({ id: 'Roles' });

export const tenantsQuery = z.object(pageQuery);
const requests = (time: string) => count(`Recorded requests of the last ${time}, over all models; null where they are withheld because they are fewer than minRequests.`).nullable();
export const tenantsSchema = pageOf(
  z
    .object({
      tenant: z.string().describe('`metadata.tenant` of its requests. Empty: requests that named none.'),
      accounts: count('Accounts that are bound to it.'),
      keys: count('Keys that are bound to it and not revoked.'),
      requestsDay: requests('24 hours'),
      requestsWeek: requests('7 days'),
    })
    .meta({ id: 'Tenant' }),
  'Tenants',
);

export const settingsSchema = z
  .object({
    version: z.string().describe('Version of Signalbox.'),
    retention: z.object({
      traceDays: z.int().describe('Days for which the traces of single requests are kept.'),
      minuteUsageDays: z.int().describe('Days for which usage by the minute is kept.'),
      feedbackDays: z.int().nullable().describe('Days for which feedback is kept, as this process has it set; null: not known to it.'),
    }).describe('Usage by the hour, releases and the audit log stay.'),
    privacy: z.object({ minRequests: count('Aggregates over fewer requests than this are withheld.') }),
    capture: z
      .object({
        mode: z.enum(['full', 'routes', 'aggregate', 'off']).describe('`full` stores routing and token ids, `routes` only routing, `aggregate` no trace but its part of the usage sums, `off` nothing.'),
        share: z.number().describe('Share of requests whose trace is kept; usage is counted of all.'),
        rules: z.array(z.object({ field: z.enum(['model', 'dataClass']), value: z.string(), level: z.enum(['routes', 'aggregate']) })).describe('Keeps less of the requests of a model or data class; the strictest that holds counts.'),
        durability: z.enum(['memory', 'answered', 'fsync']).describe('What holds when an answer ends: nothing, its trace in the spool file, or that file on the disk.'),
      })
      .nullable()
      .describe('As this process has it set; null: not known to it.'),
    limits: z.object({
      apiRequestsPerMinute: count('Requests of an account to /api/v1 in a minute.'),
      inferenceRequestsPerMinute: count('Requests of an account to /v1 in a minute, as this process has it set; null: no limit.').nullable(),
      failedLoginsPerMinute: count('Failed attempts of an address to get into /api/v1 in a minute.'),
      maxAccountKeys: count('Keys that an account can have, the revoked ones too.'),
    }),
    session: z.object({
      idleMs: count('A session that is not used for so many milliseconds ends.'),
      maxMs: count('A session ends so many milliseconds after it was opened.'),
    }),
    audit: z
      .object({ checkpointEntries: count('A checkpoint is signed after so many entries,'), checkpointSeconds: count('or so many seconds after the first entry that has none.') })
      .nullable(),
    detection: z
      .object({
        isOn: z.boolean(),
        baselineRequests: count('Recorded requests after which the first baseline of a release freezes by itself; 0: never.'),
        falseAlarmsPerMonth: z.number().describe('Budget over all streams of a model.'),
      })
      .nullable()
      .describe('As this process has it set; null: not known to it.'),
    signIn: z.object({
      publicUrl: z.string().nullable().describe('URL by which people reach this server; null: as the request says.'),
      oidc: z
        .object({
          name: z.string(),
          issuer: z.string(),
          emailDomains: z.array(z.string()).describe('Domains that e-mail addresses must be of; empty: any.'),
          roleClaim: z.string().nullable().describe('The claim whose groups give roles; null: roles are given here only.'),
          roleMap: z.array(z.object({ group: z.string(), roles: z.array(roleSchema) })).nullable().describe('Groups of the provider and the roles they give; null for who may not administer.'),
        })
        .nullable(),
    }),
  })
  .meta({ id: 'Settings' });

import { type RouteOutput } from '#libs/contract/management/route';
import { type ROUTES } from '#libs/contract/management/routes';
import { type OidcSettings } from '#libs/governance/access/sign-in';
import { SESSION_IDLE_MS } from '#libs/platform/auth/browser-session';
import { MAX_ACCOUNT_KEYS } from '#libs/store/keys/api-keys';
import { minuteUsageDays } from '#libs/store/retention/plan-retention';
import { FAILURES_PER_MINUTE, REQUESTS_PER_MINUTE } from '../http/api-limits.ts';
import { SESSION_MAX_MS } from '../session/session-limits.ts';
import { type ControlSettings } from '../settings.ts';

/** What people call a provider: as set, or else its host. */
export function providerName({ displayName, issuer }: Pick<OidcSettings, 'displayName' | 'issuer'>): string {
  return displayName ?? new URL(issuer).host;
}

/** The settings as the API shows them: never a secret, and who is in which group of the provider only to administrators. */
export function settingsBody({ version, retentionDays, minRequests, access, house }: ControlSettings, mayAdminister: boolean): RouteOutput<typeof ROUTES.getSettings> {
  return {
    version,
    retention: { traceDays: retentionDays, minuteUsageDays: minuteUsageDays(retentionDays), feedbackDays: house?.feedbackRetentionDays ?? null },
    privacy: { minRequests },
    capture: house ? { mode: house.captureMode, share: house.captureShare, rules: house.captureRules.map((rule) => ({ ...rule })), durability: house.durability } : null,
    limits: {
      apiRequestsPerMinute: access?.apiRequestsPerMinute ?? REQUESTS_PER_MINUTE,
      inferenceRequestsPerMinute: house?.inferenceRequestsPerMinute ?? null,
      failedLoginsPerMinute: access?.failedLoginsPerMinute ?? FAILURES_PER_MINUTE,
      maxAccountKeys: MAX_ACCOUNT_KEYS,
    },
    session: { idleMs: SESSION_IDLE_MS, maxMs: SESSION_MAX_MS },
    audit: house?.audit ?? null,
    detection: house?.detection ?? null,
    signIn: { publicUrl: access?.publicUrl ?? null, oidc: access?.oidc ? oidcBody(access.oidc, mayAdminister) : null },
  };
}

function oidcBody({ issuer, emailDomains, roleClaim, roleMap, displayName }: OidcSettings, mayAdminister: boolean) {
  const groups = Object.entries(roleMap).map(([group, roles]) => ({ group, roles: [...roles] }));
  return { name: providerName({ displayName, issuer }), issuer, emailDomains: [...emailDomains], roleClaim, roleMap: mayAdminister ? groups : null };
}

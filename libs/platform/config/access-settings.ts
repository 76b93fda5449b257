import { z } from 'zod';
import { type Role, ROLES } from '#libs/governance/access/permissions';
import { isLoopback } from '../http/loopback.ts';

const PUBLIC_URL = 'give a URL without a path, such as https://signalbox.example.org';
const ISSUER = 'give the https URL of the provider; plain http is for a provider on this machine only';
const ROLE_MAP = `give groups with their roles, such as sb-admins=admin+trace-reader,sb-ops=operator; roles are ${ROLES.join(', ')}`;
const DOMAINS = 'give domains with commas between them, such as example.org';

const isRole = (name: string): name is Role => (ROLES as readonly string[]).includes(name);

function listOf(text: string): string[] {
  return text.split(',').map((item) => item.trim()).filter((item) => item !== '');
}

/** `group=role+role,group=role` */
const roleMap = z.string().transform((text, context) => {
  const entries = listOf(text).map((item) => /^([^=]{1,256})=([\w+-]+)$/.exec(item));
  const map: Record<string, Role[]> = {};
  for (const entry of entries) {
    const roles = entry?.[2]?.split('+') ?? [];
    if (!entry?.[1] || !roles.every(isRole)) {
      context.addIssue({ code: 'custom', message: ROLE_MAP });
      return z.NEVER;
    }
    map[entry[1]] = roles;
  }
  return map;
});

function originOf(text: string): string | null {
  if (!URL.canParse(text)) return null;
  const { protocol, pathname, search, hash, username, origin } = new URL(text);
  return /^https?:$/.test(protocol) && pathname === '/' && search === '' && hash === '' && username === '' ? origin : null;
}

function isIssuer(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname));
}

/** Variables of signing in. */
export const accessSettings = {
  SIGNALBOX_PUBLIC_URL: z.string().refine((text) => originOf(text) !== null, PUBLIC_URL).transform((text) => originOf(text) ?? '').optional(),
  SIGNALBOX_OIDC_ISSUER: z.string().refine(isIssuer, ISSUER).optional(),
  SIGNALBOX_OIDC_NAME: z.string().regex(/^[^\p{C}]{1,60}$/u, 'give 1 to 60 visible characters, such as Example SSO').optional(),
  SIGNALBOX_OIDC_CLIENT_ID: z.string().min(1).max(255, 'give the client id that the provider knows').optional(),
  SIGNALBOX_OIDC_CLIENT_SECRET: z.string().min(1).max(1024, 'give the client secret of the provider').optional(),
  SIGNALBOX_OIDC_ROLE_CLAIM: z.string().regex(/^[\w.:/-]{1,256}$/, 'give the name of a claim, such as groups').optional(),
  SIGNALBOX_OIDC_ROLE_MAP: roleMap.optional(),
  SIGNALBOX_OIDC_EMAIL_DOMAINS: z.string().transform(listOf).refine((domains) => domains.every((domain) => /^[\w-]+(\.[\w-]+)+$/.test(domain)), DOMAINS).optional(),
};

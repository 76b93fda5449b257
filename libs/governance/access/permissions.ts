/**
 * What a principal may do. Each operation of the API needs exactly one of them.
 * `traces` stands apart: traces are as sensitive as prompts, so nothing else implies it.
 */
export const PERMISSIONS = ['inference', 'read', 'statistics', 'traces', 'feedback', 'registry', 'operate', 'propose', 'approve', 'audit', 'administer'] as const;
export type Permission = (typeof PERMISSIONS)[number];

export const ROLES = ['viewer', 'operator', 'releaser', 'approver', 'auditor', 'admin', 'trace-reader', 'analyst', 'client'] as const;
export type Role = (typeof ROLES)[number];

/** What each role may do: `client` is for applications that ask models. `admin` may do all but read traces; that it may not approve its own changes is decided elsewhere. */
export const ROLE_PERMISSIONS: Readonly<Record<Role, readonly Permission[]>> = {
  viewer: ['read', 'statistics'],
  operator: ['read', 'statistics', 'feedback', 'operate'],
  releaser: ['read', 'statistics', 'feedback', 'registry', 'propose'],
  approver: ['read', 'statistics', 'approve'],
  auditor: ['read', 'statistics', 'audit'],
  admin: ['inference', 'read', 'statistics', 'feedback', 'registry', 'operate', 'propose', 'approve', 'audit', 'administer'],
  'trace-reader': ['read', 'statistics', 'traces'],
  analyst: ['statistics'],
  client: ['inference'],
};

/** Permissions of some roles together, in the order of PERMISSIONS. */
export function permissionsOf(roles: readonly Role[]): readonly Permission[] {
  return PERMISSIONS.filter((permission) => roles.some((role) => ROLE_PERMISSIONS[role].includes(permission)));
}

/** Roles of this version among some names; others are dropped, such as those of a newer version. */
export function knownRoles(names: readonly string[]): Role[] {
  return ROLES.filter((role) => names.includes(role));
}

/** Roles that may change accounts, and so everything. */
export const ADMIN_ROLES: readonly Role[] = ROLES.filter((role) => ROLE_PERMISSIONS[role].includes('administer'));

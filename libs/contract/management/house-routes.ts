import { rolesSchema, settingsSchema, signInMethodsSchema, tenantsQuery, tenantsSchema } from './house.ts';
import { type Route } from './route.ts';

/** How the installation is set up: ways in, roles, tenants, settings. */
export const houseRoutes = {
  getSignInMethods: {
    operationId: 'getSignInMethods', method: 'get', path: '/session/methods', tag: 'session', needs: 'public', tenancy: 'shared',
    summary: 'Which ways of signing in there are', status: 200, response: signInMethodsSchema,
  },
  getRoles: {
    operationId: 'getRoles', method: 'get', path: '/roles', tag: 'access', needs: 'caller', tenancy: 'shared',
    summary: 'Roles and their permissions, in words', status: 200, response: rolesSchema,
  },
  listTenants: {
    operationId: 'listTenants', method: 'get', path: '/tenants', tag: 'access', needs: 'read', tenancy: 'none',
    summary: 'Tenants, by name', description: 'Those that accounts and keys are bound to, and those that recorded requests named.',
    query: tenantsQuery, status: 200, response: tenantsSchema,
  },
  getSettings: {
    operationId: 'getSettings', method: 'get', path: '/settings', tag: 'access', needs: 'read', tenancy: 'shared',
    summary: 'Settings of the installation, without its secrets', description: 'They are environment variables and change with a restart; docs/settings.md lists them.',
    status: 200, response: settingsSchema,
  },
} as const satisfies Record<string, Route>;

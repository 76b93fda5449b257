import { accountBody, accountChange, accountParams, accountSchema, accountsQuery, accountsSchema, versionHeaders } from './accounts.ts';
import { accountKeyBody, createdKeySchema, keyBody, keyParams, keySchema, keysQuery, keysSchema, ownKeyBody } from './keys.ts';
import { type Route } from './route.ts';
import { callbackQuery, endedSessionsSchema, meSchema, openedSessionSchema, sessionParams, sessionSchema, sessionsQuery, sessionsSchema, startQuery } from './session.ts';

const SERVICE = 'service:0197280f-6000-7000-8000-000000000001';
const UUID = '0197280f-6000-7000-8000-000000000001';
const NO_ACCOUNT = { 404: 'No such account.' };
const LAST_ADMIN = 'Nobody could administer after it.';
const KEY_EXAMPLE = { name: 'dashboard', scopes: ['read'], expiresAt: '2036-01-31T12:00:00Z' };

/** Accounts, their keys and sessions, and signing in. */
export const accessRoutes = {
  listAccounts: {
    operationId: 'listAccounts', method: 'get', path: '/accounts', tag: 'access', needs: 'administer', tenancy: 'none',
    summary: 'Accounts, by name', query: accountsQuery, status: 200, response: accountsSchema,
  },
  createAccount: {
    operationId: 'createAccount', method: 'post', path: '/accounts', tag: 'access', needs: 'administer', tenancy: 'none',
    summary: 'Create an account', description: 'It has no way in yet: give it a key, or let its user sign in.',
    body: accountBody, status: 201, response: accountSchema, problems: { 409: 'Another account has the name or the e-mail address.' },
    example: { body: { kind: 'service', name: 'chat app', roles: ['client'], tenant: 'acme' } },
  },
  getAccount: {
    operationId: 'getAccount', method: 'get', path: '/accounts/{accountId}', tag: 'access', needs: 'administer', tenancy: 'none',
    summary: 'One account', description: 'The ETag is its version.', params: accountParams, status: 200, response: accountSchema, problems: NO_ACCOUNT,
    example: { params: { accountId: SERVICE } },
  },
  changeAccount: {
    operationId: 'changeAccount', method: 'patch', path: '/accounts/{accountId}', tag: 'access', needs: 'administer', tenancy: 'none',
    summary: 'Change or disable an account', description: 'The management API goes by it at once, inference within seconds.',
    params: accountParams, headers: versionHeaders, body: accountChange, status: 200, response: accountSchema,
    problems: { ...NO_ACCOUNT, 409: `${LAST_ADMIN} Or another account has the name or the e-mail address.`, 412: 'Someone else changed it since: read it again.', 428: 'If-Match is missing.' },
    example: { params: { accountId: SERVICE }, headers: { 'if-match': '"1"' }, body: { roles: ['client', 'viewer'] } },
  },
  listAccountKeys: {
    operationId: 'listAccountKeys', method: 'get', path: '/accounts/{accountId}/keys', tag: 'access', needs: 'administer', tenancy: 'none',
    summary: 'Keys of an account, without their secrets', params: accountParams, query: keysQuery, status: 200, response: keysSchema, problems: NO_ACCOUNT,
    example: { params: { accountId: SERVICE } },
  },
  createAccountKey: {
    operationId: 'createAccountKey', method: 'post', path: '/accounts/{accountId}/keys', tag: 'access', needs: 'administer', tenancy: 'none', showsSecret: true,
    summary: 'Create a key for an account; its secret is shown once', description: 'The key names who made it, so that nobody approves their own change by the key of another.',
    params: accountParams, body: accountKeyBody, status: 201, response: createdKeySchema, problems: { ...NO_ACCOUNT, 409: 'The account has too many keys.' },
    example: { params: { accountId: SERVICE }, body: KEY_EXAMPLE },
  },
  listAccountSessions: {
    operationId: 'listAccountSessions', method: 'get', path: '/accounts/{accountId}/sessions', tag: 'access', needs: 'administer', tenancy: 'none',
    summary: 'Sessions of an account, newest first', params: accountParams, query: sessionsQuery, status: 200, response: sessionsSchema, problems: NO_ACCOUNT,
    example: { params: { accountId: SERVICE } },
  },
  endAccountSessions: {
    operationId: 'endAccountSessions', method: 'delete', path: '/accounts/{accountId}/sessions', tag: 'access', needs: 'administer', tenancy: 'none',
    summary: 'End all sessions of an account', params: accountParams, status: 200, response: endedSessionsSchema, problems: NO_ACCOUNT,
    example: { params: { accountId: SERVICE } },
  },
  getMe: {
    operationId: 'getMe', method: 'get', path: '/me', tag: 'session', needs: 'caller', tenancy: 'own',
    summary: 'Who the caller is and what it may do', status: 200, response: meSchema,
  },
  listOwnKeys: {
    operationId: 'listOwnKeys', method: 'get', path: '/me/keys', tag: 'session', needs: 'caller', tenancy: 'own',
    summary: "Keys of the caller's account", query: keysQuery, status: 200, response: keysSchema,
  },
  createOwnKey: {
    operationId: 'createOwnKey', method: 'post', path: '/me/keys', tag: 'session', needs: 'caller', tenancy: 'own', showsSecret: true,
    summary: "Create a key of one's own; its secret is shown once", description: 'For users. It can do no more than the key or session that asks, and stays bound to its tenant.',
    body: ownKeyBody, status: 201, response: createdKeySchema, problems: { 409: 'The caller is no user, or has too many keys.' },
    example: { body: KEY_EXAMPLE },
  },
  revokeOwnKey: {
    operationId: 'revokeOwnKey', method: 'delete', path: '/me/keys/{keyId}', tag: 'session', needs: 'caller', tenancy: 'own',
    summary: "Revoke a key of one's own", description: 'One that may do no more than the key or session that asks.', params: keyParams, status: 200, response: keySchema, problems: { 404: 'No such key of this account.', 409: `It is the one in use. Or: ${LAST_ADMIN}` },
    example: { params: { keyId: UUID } },
  },
  listOwnSessions: {
    operationId: 'listOwnSessions', method: 'get', path: '/me/sessions', tag: 'session', needs: 'caller', tenancy: 'own',
    summary: "Sessions of the caller's account, newest first", query: sessionsQuery, status: 200, response: sessionsSchema,
  },
  endOwnSession: {
    operationId: 'endOwnSession', method: 'delete', path: '/me/sessions/{sessionId}', tag: 'session', needs: 'caller', tenancy: 'own',
    summary: "End a session of one's own", params: sessionParams, status: 200, response: sessionSchema, problems: { 404: 'No such session of this account.' },
    example: { params: { sessionId: UUID } },
  },
  openSession: {
    operationId: 'openSession', method: 'post', path: '/session', tag: 'session', needs: 'caller', tenancy: 'own', showsSecret: true,
    summary: 'Exchange an API key for a session of a browser', description: 'Sets the cookie signalbox_session. The session may do what the key may, and ends with it.',
    status: 201, response: openedSessionSchema, problems: { 409: 'The request came by a session, not by a key.' },
  },
  closeSession: {
    operationId: 'closeSession', method: 'delete', path: '/session', tag: 'session', needs: 'caller', tenancy: 'own',
    summary: 'Sign out', status: 200, response: endedSessionsSchema,
  },
  startSignIn: {
    operationId: 'startSignIn', method: 'get', path: '/session/oidc', tag: 'session', needs: 'public', tenancy: 'shared',
    summary: 'Sign in with the OpenID Connect provider', description: 'Sends the browser there.',
    query: startQuery, status: 302, response: null, problems: { 404: 'No provider is set.' },
  },
  finishSignIn: {
    operationId: 'finishSignIn', method: 'get', path: '/session/oidc/callback', tag: 'session', needs: 'public', tenancy: 'shared',
    summary: 'Where the provider sends the browser back', description: 'Opens the session and goes where the start was told.',
    query: callbackQuery, status: 302, response: null, problems: { 404: 'No provider is set.' },
    example: { query: { state: 'as-it-was-sent', code: 'as-the-provider-gives-it' } },
  },
  createKey: {
    operationId: 'createKey', method: 'post', path: '/keys', tag: 'keys', needs: 'administer', tenancy: 'none', showsSecret: true,
    summary: 'Create a key; its secret is shown once', body: keyBody, status: 201, response: createdKeySchema,
    problems: { 404: 'No such account.', 409: 'The account has too many keys.' },
    example: { body: { name: 'dashboard', scopes: ['read'] } },
  },
  listKeys: {
    operationId: 'listKeys', method: 'get', path: '/keys', tag: 'keys', needs: 'administer', tenancy: 'none',
    summary: 'Keys without their secrets', query: keysQuery, status: 200, response: keysSchema,
  },
  revokeKey: {
    operationId: 'revokeKey', method: 'delete', path: '/keys/{keyId}', tag: 'keys', needs: 'administer', tenancy: 'none',
    summary: 'Revoke a key', description: 'The management API refuses it at once, inference within seconds.', params: keyParams, status: 200, response: keySchema,
    problems: { 404: 'No such key.', 409: `It is the one in use. Or: ${LAST_ADMIN}` },
    example: { params: { keyId: UUID } },
  },
} as const satisfies Record<string, Route>;

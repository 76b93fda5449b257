import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AccessHouse } from './access-house.ts';
import { CLIENT, type ProviderUser, SignInProvider } from './sign-in-provider.ts';

const provider = new SignInProvider();
const house = new AccessHouse();

beforeAll(async () => {
  await provider.listen();
  await house.start({
    publicUrl: null,
    oidc: { issuer: provider.issuer, ...CLIENT, roleClaim: 'groups', roleMap: { 'sb-ops': ['operator'], 'sb-audit': ['auditor'] }, emailDomains: ['example.org'] },
  });
  provider.serve(`${house.url}/api/v1/session/oidc/callback`);
});
afterAll(async () => {
  await house.stop();
  await provider.stop();
});

interface Step {
  readonly status: number;
  readonly url: URL;
  readonly location: string | null;
  readonly body: string;
}

/** Follows redirects and keeps cookies for each origin, as a browser does. */
class Browser {
  readonly jars = new Map<string, Map<string, string>>();

  async step(url: URL): Promise<Step> {
    const jar = this.jars.get(url.origin) ?? new Map<string, string>();
    this.jars.set(url.origin, jar);
    const answer = await fetch(url, { redirect: 'manual', headers: { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') } });
    for (const set of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
      if (value === '') jar.delete(name);
      else jar.set(name, value);
    }
    return { status: answer.status, url, location: answer.headers.get('location'), body: await answer.text() };
  }

  /** Up to the last answer, or the one for which `until` holds. */
  async follow(start: URL, until: (next: URL) => boolean = () => false): Promise<Step> {
    let at = await this.step(start);
    for (let hops = 0; at.location !== null && hops < 12; hops += 1) {
      const next = new URL(at.location, at.url);
      if (until(next)) return at;
      at = await this.step(next);
    }
    return at;
  }

  get session(): string {
    return this.jars.get(new URL(house.url).origin)?.get('signalbox_session') ?? '';
  }
}

const startUrl = (): URL => new URL(`${house.url}/api/v1/session/oidc?returnTo=/api/v1/me`);
const isCallback = (next: URL): boolean => next.pathname.endsWith('/callback');

async function signIn(user: ProviderUser): Promise<{ step: Step; me: any; browser: Browser }> { // oxlint-disable-line typescript/no-explicit-any -- each test looks at its own fields
  provider.user = user;
  const browser = new Browser();
  const step = await browser.follow(startUrl());
  return { step, browser, me: JSON.parse(step.body) };
}

let count = 0;
let user: Required<ProviderUser>;
beforeEach(() => {
  count += 1;
  user = { sub: `subject-${count}`, name: `Ada ${count}`, email: `ada${count}@example.org`, email_verified: true, groups: ['sb-ops', 'unknown'] };
});

describe('signing in with a provider', () => {
  it('makes a user with the roles that the groups give, and opens a session', async () => {
    const { step, me } = await signIn(user);
    expect([step.status, step.url.pathname]).toEqual([200, '/api/v1/me']);
    expect(me).toMatchObject({ kind: 'user', name: user.name, roles: ['operator'], tenant: null, key: null, session: { csrfToken: expect.any(String) } });
    const { body } = await house.call(`/api/v1/accounts/${me.account}`);
    expect(body).toMatchObject({ email: user.email, createdBy: me.account, roles: ['operator'] });
    const again = await signIn({ ...user, groups: ['sb-audit'] });
    expect(again.me).toMatchObject({ account: me.account, roles: ['auditor'] });
    const { items } = (await house.call('/api/v1/audit?limit=10')).body;
    expect(items.filter(({ subject }: { subject: string }) => subject.endsWith(me.account)).map(({ action }: { action: string }) => action)).toEqual(['account.change', 'account.create']);
  });

  it('gives nobody a role whom no group gives one', async () => {
    const { me } = await signIn({ ...user, groups: [] });
    expect(me).toMatchObject({ roles: [], permissions: [] });
  });

  it('finds the account that was made for the verified address', async () => {
    const made = (await house.call('/api/v1/accounts', { method: 'POST', body: { kind: 'user', name: `made ${count}`, email: user.email.toUpperCase(), roles: [], tenant: 'acme' } })).body;
    expect((await signIn(user)).me).toMatchObject({ account: made.id, roles: ['operator'], tenant: 'acme' });
    // Another subject with the same address is another person to this provider.
    expect((await signIn({ ...user, sub: `${user.sub}-other` })).me.account).not.toBe(made.id);
  });

  it('refuses other domains, unverified addresses and disabled accounts', async () => {
    expect((await signIn({ ...user, email: 'eve@evil.example' })).me).toMatchObject({ status: 403, code: 'sign_in_domain_not_allowed' });
    expect((await signIn({ ...user, email_verified: false })).me).toMatchObject({ status: 403, code: 'sign_in_email_not_verified' });
    const { me } = await signIn(user);
    await house.call(`/api/v1/accounts/${me.account}`, { method: 'PATCH', body: { disabled: true }, headers: { 'if-match': '"1"' } });
    expect((await signIn(user)).me).toMatchObject({ status: 403, code: 'sign_in_account_disabled' });
  });

  it('takes an answer once, and only in the browser that asked', async () => {
    provider.user = user;
    const [victim, thief] = [new Browser(), new Browser()];
    const stopped = await victim.follow(startUrl(), isCallback);
    const callback = new URL(stopped.location!, stopped.url);
    expect(JSON.parse((await thief.step(callback)).body)).toMatchObject({ status: 400, code: 'sign_in_failed' });
    expect((await victim.step(callback)).status).toBe(302);
    const first = victim.session;
    expect(first).not.toBe('');
    victim.jars.get(new URL(house.url).origin)!.set('signalbox_sign_in', callback.searchParams.get('state')!);
    expect(JSON.parse((await victim.step(callback)).body)).toMatchObject({ status: 400, detail: expect.stringContaining('over already') });
    expect(victim.session).toBe(first);
  });

  it('believes no changed state, code or issuer', async () => {
    for (const [field, value] of [['code', 'stolen'], ['iss', 'http://127.0.0.1:1'], ['state', 'x']] as const) {
      provider.user = user;
      const browser = new Browser();
      const stopped = await browser.follow(startUrl(), isCallback);
      const callback = new URL(stopped.location!, stopped.url);
      callback.searchParams.set(field, value);
      expect(JSON.parse((await browser.step(callback)).body), field).toMatchObject({ status: 400, code: 'sign_in_failed' });
      expect(browser.session).toBe('');
    }
  });

  it('sends nobody to another site afterwards', async () => {
    for (const returnTo of ['//evil.example', 'https://evil.example', '/\\evil.example', '/a\nb', '/ä']) {
      const answer = await house.call(`/api/v1/session/oidc?returnTo=${encodeURIComponent(returnTo)}`, { key: null });
      expect(answer.body, returnTo).toMatchObject({ status: 400, field: 'returnTo' });
    }
  });
});

it('without a provider says so', async () => {
  const plain = new AccessHouse();
  await plain.start();
  try {
    expect((await plain.call('/api/v1/session/oidc', { key: null })).body).toMatchObject({ status: 404, code: 'no_provider' });
  } finally {
    await plain.stop();
  }
});

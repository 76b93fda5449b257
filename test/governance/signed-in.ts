import { type SignInProvider } from '../access/sign-in-provider.ts';

/**
 * Signs a person in at a Signalbox by OpenID Connect, as a browser does, and makes them a key of their own:
 * nobody else ever held it, so nobody else has a hand in what they decide.
 */
export async function keyOfSignedIn(provider: SignInProvider, url: string, name: string, group: string, scopes: readonly string[]): Promise<string> {
  provider.user = { sub: name, name, email: `${name}@example.org`, email_verified: true, groups: [group] };
  const jars = new Map<string, Map<string, string>>();
  let at = new URL(`${url}/api/v1/session/oidc?returnTo=/api/v1/me`);
  for (let hops = 0; hops < 12; hops += 1) {
    const jar = jars.get(at.origin) ?? new Map<string, string>();
    jars.set(at.origin, jar);
    const answer = await fetch(at, { redirect: 'manual', headers: { cookie: cookieOf(jar) } });
    for (const set of answer.headers.getSetCookie()) {
      const [, cookie = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
      jar.set(cookie, value);
    }
    const location = answer.headers.get('location');
    if (location === null) {
      const { session } = (await answer.json()) as { session: { csrfToken: string } };
      return ownKey(url, cookieOf(jar), session.csrfToken, scopes);
    }
    at = new URL(location, at);
  }
  throw new Error(`${name} could not sign in`);
}

async function ownKey(url: string, cookie: string, csrfToken: string, scopes: readonly string[]): Promise<string> {
  const answer = await fetch(`${url}/api/v1/me/keys`, {
    method: 'POST',
    headers: { cookie, 'x-csrf-token': csrfToken, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'own', scopes }),
  });
  if (answer.status !== 201) throw new Error(`no key: ${answer.status} ${await answer.text()}`);
  return ((await answer.json()) as { secret: string }).secret;
}

function cookieOf(jar: ReadonlyMap<string, string>): string {
  return [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
}

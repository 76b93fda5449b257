import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  ClientSecretBasic,
  type Configuration,
  discovery,
  fetchUserInfo,
  None,
} from 'openid-client';
import { type OidcSettings, type SignInClaims } from '#libs/governance/access/sign-in';
import { isLoopback } from '#libs/platform/http/loopback';

const TIMEOUT_SECONDS = 5;
const MAX_NAME = 80;

/** What a sign-in carries to the provider and back. */
export interface SignInSecrets {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

/** Who signed in, by tokens that were verified. */
export interface Identified {
  readonly subject: string;
  readonly name: string;
  readonly claims: SignInClaims;
}

/** The OpenID Connect provider: the authorization code flow with PKCE. */
export class OidcProvider {
  readonly #settings: OidcSettings;
  #configuration: Promise<Configuration> | null = null;

  constructor(settings: OidcSettings) {
    this.#settings = settings;
  }

  /** Where to send the browser. */
  async authorizationUrl(redirectUri: string, { state, nonce, verifier }: SignInSecrets): Promise<URL> {
    return buildAuthorizationUrl(await this.#discovered(), {
      redirect_uri: redirectUri,
      response_type: 'code',
      scope: 'openid profile email',
      state,
      nonce,
      code_challenge: await calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    });
  }

  /** Exchanges the code for tokens and reads who it is. Throws when anything of it does not hold. */
  async identify(callbackUrl: URL, { state, nonce, verifier }: SignInSecrets): Promise<Identified> {
    const configuration = await this.#discovered();
    const tokens = await authorizationCodeGrant(configuration, callbackUrl, { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier, idTokenExpected: true });
    const own = tokens.claims();
    if (!own) throw new Error('the provider sent no ID token');
    const hasUserInfo = configuration.serverMetadata().userinfo_endpoint !== undefined;
    // What the ID token says counts first: it is signed.
    const claims: Record<string, unknown> = { ...(hasUserInfo ? await fetchUserInfo(configuration, tokens.access_token, own.sub) : {}), ...own };
    const text = (claim: string): string | null => (typeof claims[claim] === 'string' && claims[claim] !== '' ? claims[claim] : null);
    const email = text('email');
    const name = text('name') ?? text('preferred_username') ?? email ?? own.sub;
    const { roleClaim } = this.#settings;
    return {
      subject: own.sub,
      name: name.replaceAll(/\p{C}/gu, ' ').slice(0, MAX_NAME),
      claims: { email, isEmailVerified: claims['email_verified'] === true, groups: roleClaim === null ? null : claims[roleClaim] },
    };
  }

  /** Asks the provider for its description, once; again where that failed. */
  #discovered(): Promise<Configuration> {
    if (this.#configuration) return this.#configuration;
    const { issuer, clientId, clientSecret } = this.#settings;
    const url = new URL(issuer);
    const isPlain = url.protocol === 'http:' && isLoopback(url.hostname);
    const asked = discovery(url, clientId, undefined, clientSecret === null ? None() : ClientSecretBasic(clientSecret), {
      timeout: TIMEOUT_SECONDS,
      ...(isPlain ? { execute: [allowInsecureRequests] } : {}),
    });
    this.#configuration = asked;
    asked.catch(() => (this.#configuration = null));
    return asked;
  }
}

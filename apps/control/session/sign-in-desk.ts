import { randomUUID } from 'node:crypto';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { randomNonce, randomPKCECodeVerifier } from 'openid-client';
import { decideSignIn } from '#libs/governance/access/sign-in';
import { accountPrincipal } from '#libs/platform/auth/authenticate';
import { newSessionSecret, sessionSecretHash } from '#libs/platform/auth/session-secret';
import { messageOf } from '#libs/platform/errors/error-code';
import { ProblemError } from '#libs/platform/errors/problem-error';
import { type OidcSignIns } from '#libs/store/accounts/oidc-sign-ins';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';
import { type Identified, type OidcProvider, type SignInSecrets } from './oidc-provider.ts';
import { type OpenedSession, SessionDesk } from './session-desk.ts';
import { SIGN_IN_MS } from './session-limits.ts';

export const OIDC_PROVIDER = Symbol('OidcProvider');
export const SIGN_INS = Symbol('SignIns');
export type SignInsPort = Pick<OidcSignIns, 'begin' | 'take' | 'enter'>;

const REFUSALS: Readonly<Record<string, string>> = {
  'email-not-verified': 'The provider has no verified e-mail address of you, and one is needed here.',
  'domain-not-allowed': 'Your e-mail address is of a domain that may not sign in here.',
  'account-disabled': 'Your account is disabled. Ask an administrator about it.',
};

/** Lets people in who signed in with the OpenID Connect provider. */
@Injectable()
export class SignInDesk {
  readonly #log = new Logger(SignInDesk.name);

  constructor(
    @Inject(OIDC_PROVIDER) private readonly provider: OidcProvider | null,
    @Inject(SIGN_INS) private readonly signIns: SignInsPort,
    private readonly sessions: SessionDesk,
    @Inject(CONTROL_SETTINGS) private readonly settings: ControlSettings,
  ) {}

  /** Where to send the browser, and what its cookie must hold when it comes back. */
  async start(redirectUri: string, returnTo: string): Promise<{ readonly url: URL; readonly state: string }> {
    const provider = this.#provider();
    const secrets: SignInSecrets = { state: newSessionSecret(), nonce: randomNonce(), verifier: randomPKCECodeVerifier() };
    const url = await provider.authorizationUrl(redirectUri, secrets).catch((error: unknown) => {
      throw new ProblemError({ status: 502, code: 'provider_unavailable', title: 'The provider does not answer', detail: 'The OpenID Connect provider cannot be reached or is set wrongly; the log says why. Use an API key meanwhile.' }, { cause: error });
    });
    await this.signIns.begin(sessionSecretHash(secrets.state), { nonce: secrets.nonce, verifier: secrets.verifier, returnTo }, this.settings.now(), SIGN_IN_MS);
    return { url, state: secrets.state };
  }

  /**
   * Opens a session for whoever the provider sent back.
   * @param cookieState what the browser's own cookie holds: a link from elsewhere signs nobody in
   */
  async finish(callbackUrl: URL, cookieState: string | null): Promise<{ readonly session: OpenedSession; readonly returnTo: string }> {
    const provider = this.#provider();
    const atMs = this.settings.now();
    const state = callbackUrl.searchParams.get('state');
    if (cookieState === null || state !== cookieState) throw failed('This browser did not begin this sign-in, or too long ago.');
    const pending = await this.signIns.take(sessionSecretHash(state), atMs, SIGN_IN_MS);
    if (!pending) throw failed('This sign-in is over already, or took too long.');
    const who = await provider.identify(callbackUrl, { state, ...pending }).catch((error: unknown) => {
      this.#log.warn(`a sign-in failed: ${messageOf(error)}`);
      throw failed('The provider did not confirm it.', error);
    });
    return { session: await this.#enter(who, atMs), returnTo: pending.returnTo };
  }

  async #enter({ subject, name, claims }: Identified, atMs: number): Promise<OpenedSession> {
    const oidc = this.settings.access?.oidc;
    if (!oidc) throw notSet();
    const email = claims.isEmailVerified ? claims.email : null;
    const entered = await this.signIns.enter({ issuer: oidc.issuer, subject, name, email, atMs, newId: `user:${randomUUID()}` }, (facts) => decideSignIn({ claims, ...facts }, oidc));
    if (entered.outcome === 'refused') {
      throw new ProblemError({ status: 403, code: `sign_in_${entered.reason.replaceAll('-', '_')}`, title: 'You may not sign in', detail: REFUSALS[entered.reason] ?? 'The settings do not allow it.' });
    }
    return this.sessions.open(accountPrincipal(entered.account));
  }

  #provider(): OidcProvider {
    if (!this.provider) throw notSet();
    return this.provider;
  }
}

function notSet(): ProblemError {
  return new ProblemError({ status: 404, code: 'no_provider', title: 'Nobody signs in this way here', detail: 'No OpenID Connect provider is set: see SIGNALBOX_OIDC_ISSUER. POST /api/v1/session takes an API key.' });
}

function failed(why: string, cause?: unknown): ProblemError {
  return new ProblemError({ status: 400, code: 'sign_in_failed', title: 'The sign-in failed', detail: `${why} Begin again at /api/v1/session/oidc.` }, { cause });
}

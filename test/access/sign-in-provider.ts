import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type Context, Provider } from 'oidc-provider';

/** What the provider says of its user. */
export interface ProviderUser {
  readonly sub: string;
  readonly email?: string;
  readonly email_verified?: boolean;
  readonly name?: string;
  readonly groups?: readonly string[];
}

export const CLIENT = { clientId: 'signalbox', clientSecret: 'a-secret-of-the-test' } as const;

/** A real OpenID Connect provider on loopback, which signs `user` in without asking. */
export class SignInProvider {
  issuer = '';
  user: ProviderUser = { sub: 'nobody' };
  #handler: RequestListener = (_, response) => void response.writeHead(503).end();
  #server!: Server;

  /** Listens, so that the issuer is known; it answers after `serve`. */
  async listen(): Promise<void> {
    this.#server = createServer((request, response) => this.#handler(request, response)).listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    this.issuer = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
  }

  serve(redirectUri: string): void {
    const provider = new Provider(this.issuer, {
      clients: [{ client_id: CLIENT.clientId, client_secret: CLIENT.clientSecret, redirect_uris: [redirectUri] }],
      cookies: { keys: ['only for the test'] },
      claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'groups'] },
      features: { devInteractions: { enabled: false } },
      pkce: { required: () => true },
      findAccount: (_: unknown, accountId: string) => ({ accountId, claims: async () => ({ ...this.user, sub: accountId }) }),
      interactions: { url: () => '/interaction' },
      loadExistingGrant: async ({ oidc }: Context) => {
        const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
        grant.addOIDCScope('openid email profile');
        await grant.save();
        return grant;
      },
    });
    const answer = provider.callback();
    this.#handler = (request, response) => {
      if (request.url?.startsWith('/interaction')) void provider.interactionFinished(request, response, { login: { accountId: this.user.sub } });
      else answer(request, response);
    };
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

/** The parts of oidc-provider that the test uses; the package has no types of its own. */
declare module 'oidc-provider' {
  import { type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';

  class Grant {
    constructor(of: { clientId: string; accountId: string });
    addOIDCScope(scope: string): void;
    save(): Promise<string>;
  }

  export interface Context {
    readonly oidc: { readonly client: { readonly clientId: string }; readonly session: { readonly accountId: string }; readonly provider: { readonly Grant: typeof Grant } };
  }

  export class Provider {
    constructor(issuer: string, configuration: Record<string, unknown>);
    callback(): RequestListener;
    interactionFinished(request: IncomingMessage, response: ServerResponse, result: unknown): Promise<void>;
  }
}

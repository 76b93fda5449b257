import { Controller, Inject, Req, Res } from '@nestjs/common';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { type RouteInput } from '#libs/contract/management/route';
import { ROUTES } from '#libs/contract/management/routes';
import { cookieOf } from '#libs/platform/auth/browser-session';
import { ProblemError } from '#libs/platform/errors/problem-error';
import { setCookie, SIGN_IN_COOKIE } from '../http/cookies.ts';
import { Endpoint, Input } from '../http/endpoint.ts';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';
import { isSecure, sessionCookie } from './session-cookie.ts';
import { SIGN_IN_MS } from './session-limits.ts';
import { SignInDesk } from './sign-in-desk.ts';

const CALLBACK = '/api/v1/session/oidc/callback';

/** Sends browsers to the provider, and takes them back. */
@Controller()
export class SignInController {
  constructor(
    private readonly desk: SignInDesk,
    @Inject(CONTROL_SETTINGS) private readonly settings: ControlSettings,
  ) {}

  @Endpoint(ROUTES.startSignIn)
  async start(@Input() { query }: RouteInput<typeof ROUTES.startSignIn>, @Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<void> {
    const started = await orExplained(request, reply, () => this.desk.start(`${this.#origin(request)}${CALLBACK}`, query.returnTo));
    if (started === null) return;
    const { url, state } = started;
    void reply.header('set-cookie', this.#stateCookie(request, state, SIGN_IN_MS / 1000)).header('location', url.href);
  }

  @Endpoint(ROUTES.finishSignIn)
  async finish(@Input() _input: RouteInput<typeof ROUTES.finishSignIn>, @Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<void> {
    const search = request.url.slice(request.url.indexOf('?'));
    const finished = await orExplained(request, reply, () => this.desk.finish(new URL(`${this.#origin(request)}${CALLBACK}${search}`), cookieOf(request.headers.cookie, SIGN_IN_COOKIE)));
    if (finished === null) return;
    const { session, returnTo } = finished;
    void reply.header('set-cookie', [sessionCookie(session.secret, request, this.settings), this.#stateCookie(request, '', 0)]).header('location', returnTo);
  }

  #origin({ protocol, host }: FastifyRequest): string {
    return this.settings.access?.publicUrl ?? `${protocol}://${host}`;
  }

  #stateCookie(request: FastifyRequest, state: string, maxAgeSeconds: number): string {
    return setCookie(SIGN_IN_COOKIE, state, { isSecure: isSecure(request, this.settings), maxAgeSeconds, path: '/api/v1/session/oidc' });
  }
}

/** What was asked for; or, where that failed for a person in a browser, null and the way to the sign-in page, which says why. */
async function orExplained<T>({ headers }: FastifyRequest, reply: FastifyReply, act: () => Promise<T>): Promise<T | null> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof ProblemError) || headers.accept?.includes('text/html') !== true) throw error;
    void reply.header('location', `/sign-in?problem=${encodeURIComponent(error.code)}`);
    return null;
  }
}

import { type FastifyRequest } from 'fastify';
import { SESSION_COOKIE } from '#libs/platform/auth/browser-session';
import { setCookie } from '../http/cookies.ts';
import { type ControlSettings } from '../settings.ts';
import { SESSION_MAX_MS } from './session-limits.ts';

/** Whether browsers reach this server by https: as set, or else as the request came. */
export function isSecure({ protocol }: Pick<FastifyRequest, 'protocol'>, { access }: Pick<ControlSettings, 'access'>): boolean {
  return access?.publicUrl ? access.publicUrl.startsWith('https:') : protocol === 'https';
}

export function sessionCookie(secret: string, request: Pick<FastifyRequest, 'protocol'>, settings: Pick<ControlSettings, 'access'>): string {
  return setCookie(SESSION_COOKIE, secret, { isSecure: isSecure(request, settings), maxAgeSeconds: SESSION_MAX_MS / 1000 });
}

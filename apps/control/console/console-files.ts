import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { packageRoot } from '#libs/platform/config/version';

/** What `npm run build` makes of apps/console. */
const FOLDER = join('dist', 'console');
const PAGE = 'index.html';
/** Addresses that are no views: an unknown one of these is an error, not the console. */
const NO_VIEW = /^\/(api|v1|healthz|readyz|metrics|assets)(\/|$|\?)/;

/** Everything comes from this server; nothing inline runs, and no other page may frame it. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
};
/** Files under assets/ have the hash of their content in their name. */
const FOREVER = 'public, max-age=31536000, immutable';

/** Serves the console: its files, and its page for every address that is a view. */
@Injectable()
export class ConsoleFiles implements OnModuleInit {
  constructor(private readonly http: HttpAdapterHost) {}

  onModuleInit(): void {
    const server = this.http.httpAdapter.getInstance<FastifyInstance>();
    const root = join(packageRoot(), FOLDER);
    if (!existsSync(join(root, PAGE))) {
      server.get('/', (_, reply) => reply.redirect('/api/docs', 302));
      return;
    }
    // Not awaited: that would load what is registered so far, before the error handler of the API is there.
    void server.register((scope) => serveFiles(scope, root));
  }
}

async function serveFiles(server: FastifyInstance, root: string): Promise<void> {
  await server.register(fastifyStatic, {
    root,
    wildcard: false,
    index: false,
    cacheControl: false,
    preCompressed: true,
    setHeaders: (reply, path) => {
      void reply.header('cache-control', path.includes('/assets/') ? FOREVER : 'no-cache');
      for (const [name, value] of Object.entries(HEADERS)) void reply.header(name, value);
    },
  });
  const page = (request: FastifyRequest, reply: FastifyReply): FastifyReply | void => (NO_VIEW.test(request.url) ? reply.callNotFound() : reply.sendFile(PAGE));
  server.get('/', page);
  server.get('/*', page);
}

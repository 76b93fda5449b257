import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { type FastifyInstance } from 'fastify';

/** What browsers may do with answers under /api: nothing but read them here. Pages set a policy of their own. */
const HEADERS: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
};
const STRICT_TRANSPORT = 'max-age=31536000';

/** Gives every answer under /api the headers that keep browsers from harm; figures and secrets are not stored on the way. */
@Injectable()
export class SecurityHeaders implements OnModuleInit {
  constructor(private readonly http: HttpAdapterHost) {}

  onModuleInit(): void {
    this.http.httpAdapter.getInstance<FastifyInstance>().addHook('onSend', async (request, reply) => {
      if (!request.url.startsWith('/api')) return;
      for (const [name, value] of Object.entries(HEADERS)) if (!reply.hasHeader(name)) void reply.header(name, value);
      if (request.url.startsWith('/api/v1') && !reply.hasHeader('cache-control')) void reply.header('cache-control', 'no-store');
      if (request.protocol === 'https') void reply.header('strict-transport-security', STRICT_TRANSPORT);
    });
  }
}

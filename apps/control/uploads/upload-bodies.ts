import { type Readable } from 'node:stream';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { type FastifyInstance } from 'fastify';

/**
 * Hands bodies of plain bytes to their handler as they come, instead of gathering them: whoever reads one
 * bounds it, and a caller without the right costs no more than its head.
 */
@Injectable()
export class UploadBodies implements OnModuleInit {
  constructor(@Inject(HttpAdapterHost) private readonly http: HttpAdapterHost) {}

  onModuleInit(): void {
    const fastify = this.http.httpAdapter.getInstance<FastifyInstance>();
    fastify.addContentTypeParser('application/octet-stream', (_request, payload, done) => done(null, payload));
  }
}

/** The body of a request, if it is one of plain bytes; nothing otherwise. */
export async function* bytesOf(body: unknown): AsyncGenerator<Uint8Array> {
  if (isReadable(body)) for await (const chunk of body) yield chunk as Uint8Array;
}

function isReadable(body: unknown): body is Readable {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body;
}

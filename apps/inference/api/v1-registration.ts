import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { type FastifyInstance } from 'fastify';
import { registerV1, type V1Ports } from './v1.ts';

export const V1_PORTS = Symbol('V1Ports');

/** Puts /v1 on the server of the Nest app, and refuses new requests once it stops. */
@Injectable()
export class V1Registration implements OnModuleInit, OnModuleDestroy {
  #stopping = false;

  constructor(
    @Inject(HttpAdapterHost) private readonly http: HttpAdapterHost,
    @Inject(V1_PORTS) private readonly ports: Omit<V1Ports, 'stopping'>,
  ) {}

  onModuleInit(): void {
    registerV1(this.http.httpAdapter.getInstance<FastifyInstance>(), { ...this.ports, stopping: () => this.#stopping });
  }

  /** Those that run go on. */
  onModuleDestroy(): void {
    this.#stopping = true;
  }
}

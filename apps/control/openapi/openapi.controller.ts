import { Controller, Get, Header, Inject, Req } from '@nestjs/common';
import { type FastifyRequest } from 'fastify';
import { openApiDocument, type OpenApiDocument } from '#libs/contract/api/openapi';
import { MANAGEMENT_API } from '#libs/contract/management/api';
import { INFERENCE_API } from '#libs/contract/openai/routes';
import { docsPage } from '../docs-page/docs-page.ts';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';

/** What may stand in the examples; the header is the caller's to choose. */
const HOST = /^[\w.-]{1,253}(:\d{1,5})?$|^\[[0-9a-f:]{2,45}\](:\d{1,5})?$/i;
const DEFAULT_HOST = '127.0.0.1:7070';

/** The description of the API, open to all: it holds nothing of this installation. */
@Controller()
export class OpenApiController {
  readonly #document: OpenApiDocument;

  constructor(@Inject(CONTROL_SETTINGS) settings: ControlSettings) {
    this.#document = openApiDocument([INFERENCE_API, MANAGEMENT_API], settings.version);
  }

  @Get('api/openapi.json')
  @Header('content-type', 'application/json; charset=utf-8')
  document(): OpenApiDocument {
    return this.#document;
  }

  @Get('api/docs')
  @Header('content-type', 'text/html; charset=utf-8')
  @Header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
  page(@Req() { host, protocol }: FastifyRequest): string {
    return docsPage(this.#document, `${protocol}://${HOST.test(host) ? host : DEFAULT_HOST}`);
  }
}

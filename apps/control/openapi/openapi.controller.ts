import { Controller, Get, Header, Inject } from '@nestjs/common';
import { openApiDocument, type OpenApiDocument } from '#libs/contract/management/openapi';
import { ROUTES } from '#libs/contract/management/routes';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';
import { docsPage } from './docs-page.ts';

/** The description of the API, open to all: it holds nothing of this installation. */
@Controller()
export class OpenApiController {
  readonly #document: OpenApiDocument;
  readonly #page: string;

  constructor(@Inject(CONTROL_SETTINGS) settings: ControlSettings) {
    this.#document = openApiDocument(Object.values(ROUTES), settings.version);
    this.#page = docsPage(this.#document);
  }

  @Get('api/openapi.json')
  @Header('content-type', 'application/json; charset=utf-8')
  document(): OpenApiDocument {
    return this.#document;
  }

  @Get('api/docs')
  @Header('content-type', 'text/html; charset=utf-8')
  @Header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'")
  page(): string {
    return this.#page;
  }
}

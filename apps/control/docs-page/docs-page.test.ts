import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openApiDocument } from '#libs/contract/api/openapi';
import { type Api } from '#libs/contract/api/operation';
import { MANAGEMENT_API } from '#libs/contract/management/api';
import { INFERENCE_API } from '#libs/contract/openai/routes';
import { docsPage } from './docs-page.ts';
import { typeOf } from './type-text.ts';

const ORIGIN = 'http://signalbox.test:7070';
const page = docsPage(openApiDocument([INFERENCE_API, MANAGEMENT_API], '1.2.3'), ORIGIN);

describe('docs page', () => {
  it('leads every link within the page somewhere, and has no id twice', () => {
    const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, target] of page.matchAll(/href="#([^"]+)"/g)) expect(ids).toContain(target);
  });

  it('gives a command to copy, with the body of the example', () => {
    expect(page).toContain(`curl ${ORIGIN}/v1/chat/completions \\`);
    expect(page).toContain(`curl -X PUT ${ORIGIN}/api/v1/models/tiny-mixtral/activation \\`);
    expect(page).toContain(`-H 'if-match: &quot;1&quot;' \\`);
    expect(page).toContain(`curl '${ORIGIN}/api/v1/co-activation?layer=3' \\`);
    expect(page).toContain('--data-binary @piece');
  });

  it('names the permission, and the fields within fields', () => {
    expect(page).toContain('needs <code>traces</code>');
    expect(page).toContain('<code>progress.doneBytes</code>');
    expect(page).toContain('<code>messages[].role</code>');
    expect(/undefined|\[object/.test(page)).toBe(false);
  });

  it('takes no text of the document for markup', () => {
    const api: Api = {
      ...MANAGEMENT_API,
      tags: [{ name: 't', description: '<b>`<i>`</b>' }],
      operations: [{ operationId: 'op', method: 'get', path: '/x', tag: 't', needs: 'read', summary: '<u>&', query: z.object({ q: z.string().describe('"<s>') }), example: { query: { q: "it's" } }, status: 200, response: z.object({}) }],
    };
    const hostile = docsPage(openApiDocument([api], '0'), ORIGIN);
    expect(hostile).not.toMatch(/<[bius]>/);
    expect(hostile).toContain('<code>&lt;i&gt;</code>');
    expect(hostile).toContain(`curl '${ORIGIN}/api/v1/x?q=it%27s'`);
  });
});

it.each([
  [{ type: 'integer', minimum: 1, maximum: 200, default: 50 }, 'integer, 1 to 200, default <code>50</code>'],
  [{ type: 'integer', minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER }, 'integer'],
  [{ type: 'number', exclusiveMinimum: 0, maximum: 10 }, 'number above 0, at most 10'],
  [{ type: ['boolean', 'null'] }, 'boolean or null'],
  [{ anyOf: [{ $ref: '#/components/schemas/Interval' }, { type: 'null' }] }, '<a href="#schema-Interval">Interval</a> or null'],
  [{ type: 'array', maxItems: 4, items: { type: 'string', maxLength: 9 } }, 'list (at most 4) of string (at most 9 characters)'],
])('puts %j into words', (schema, words) => {
  expect(typeOf(schema)).toBe(words);
});

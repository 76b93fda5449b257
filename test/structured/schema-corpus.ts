import { readFileSync } from 'node:fs';
import { REAL_SCHEMAS, type NamedSchema } from './real-schemas.ts';

export interface SuiteGroup {
  readonly file: string;
  readonly description: string;
  readonly schema: NamedSchema['schema'];
  readonly tests: readonly { readonly description: string; readonly data: unknown; readonly valid: boolean }[];
}

/** The supported groups of the official JSON Schema test suite, draft 2020-12. */
export const SUITE = JSON.parse(readFileSync(new URL('./json-schema-test-suite.json', import.meta.url), 'utf8')) as readonly SuiteGroup[];

export const ALL_SCHEMAS: readonly NamedSchema[] = [...REAL_SCHEMAS, ...SUITE.map(({ file, description, schema }) => ({ name: `${file}: ${description}`, schema }))];

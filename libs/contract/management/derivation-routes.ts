import { denseTwinBody, derivationBody } from './derivations.ts';
import { importSchema } from './imports.ts';
import { releaseParams } from './releases.ts';
import { type Route } from './route.ts';

const RELEASE = { releaseId: '5f'.repeat(32) };
const PROBLEMS = { 404: 'No such release.', 429: 'Too many imports are waiting.' };
const AS_AN_IMPORT = 'Answers at once and runs in line with imports: poll the import for its progress, and cancel it there. The new release answers nothing until it is activated';

/** Releases made of other releases. */
export const derivationRoutes = {
  createDerivation: {
    operationId: 'createDerivation', method: 'post', path: '/releases/{releaseId}/derivations', tag: 'releases', needs: 'registry', tenancy: 'none',
    summary: 'Make an int8 or int4 release of a release',
    description: `Each quantised component is a version of its own; the others are shared. ${AS_AN_IMPORT}.`,
    params: releaseParams, body: derivationBody, status: 202, response: importSchema, problems: PROBLEMS,
    example: { params: RELEASE, body: { precision: 'int8', components: ['expert/3/5'], note: 'half the memory' } },
  },
  createDenseTwin: {
    operationId: 'createDenseTwin', method: 'post', path: '/releases/{releaseId}/dense-twins', tag: 'releases', needs: 'registry', tenancy: 'none',
    summary: 'Make a dense model of a release',
    description: `Some experts of each layer become one that serves every token; backbone and tokenizer are shared. ${AS_AN_IMPORT}, but as the first release of its model it is activated.`,
    params: releaseParams, body: denseTwinBody, status: 202, response: importSchema, problems: { ...PROBLEMS, 409: 'Too little recorded traffic to choose experts by.' },
    example: { params: RELEASE, body: { model: 'mixtral-dense', expertsPerLayer: 2 } },
  },
} as const satisfies Record<string, Route>;

import {
  cardBody,
  cardHeaders,
  compareQuery,
  comparisonSchema,
  componentDetailSchema,
  componentParams,
  componentsQuery,
  componentsSchema,
  uploadBody,
  uploadBytesQuery,
  uploadParams,
  uploadSchema,
  uploadsQuery,
  uploadsSchema,
} from './registry.ts';
import { type Route } from './route.ts';

const NO_COMPONENT = { 404: 'No such component version.' };
const NO_UPLOAD = { 404: 'No such upload.' };
const DIGEST = { sha256: '5f'.repeat(32) };
const UPLOAD = { uploadId: '0197280f-6000-7000-8000-000000000001' };

/** Component versions and how they come in. */
export const registryRoutes = {
  listComponents: {
    operationId: 'listComponents', method: 'get', path: '/components', tag: 'registry', needs: 'read', tenancy: 'shared',
    summary: 'Component versions, newest first', query: componentsQuery, status: 200, response: componentsSchema,
    example: { query: { kind: 'expert', text: 'biology' } },
  },
  compareComponents: {
    operationId: 'compareComponents', method: 'get', path: '/components/compare', tag: 'registry', needs: 'read', tenancy: 'shared',
    summary: 'Two component versions, tensor by tensor', query: compareQuery, status: 200, response: comparisonSchema,
    problems: { ...NO_COMPONENT, 409: 'They are of different kinds, or a file is missing.' },
    example: { query: { a: '5f'.repeat(32), b: '6e'.repeat(32) } },
  },
  getComponent: {
    operationId: 'getComponent', method: 'get', path: '/components/{sha256}', tag: 'registry', needs: 'read', tenancy: 'shared',
    summary: 'One component version, with its card, lineage and releases', description: 'The ETag is the revision of the card.',
    params: componentParams, status: 200, response: componentDetailSchema, problems: NO_COMPONENT,
    example: { params: DIGEST },
  },
  putComponentCard: {
    operationId: 'putComponentCard', method: 'put', path: '/components/{sha256}/card', tag: 'registry', needs: 'registry', tenancy: 'none',
    summary: 'Write the card of a component version', description: 'The audit log keeps it before and after. Where a model that changes only by approved requests has a release with the version, it takes one of the type rescope-expert.',
    params: componentParams, headers: cardHeaders, body: cardBody, status: 200, response: componentDetailSchema,
    problems: { ...NO_COMPONENT, 409: 'Only an approved change may do this.', 412: 'Someone else changed it since: read it again.', 428: 'If-Match is missing.' },
    example: { params: DIGEST, headers: { 'if-match': '"0"' }, body: { title: 'Biology expert', forUse: 'Questions about biology', licence: 'Apache-2.0', owner: 'models@example.com' } },
  },
  deleteComponent: {
    operationId: 'deleteComponent', method: 'delete', path: '/components/{sha256}', tag: 'registry', needs: 'registry', tenancy: 'none',
    summary: 'Delete a component version that nothing refers to', params: componentParams, status: 204, response: null,
    problems: { ...NO_COMPONENT, 409: 'Something refers to it, or an import is running; the problem says what.' },
    example: { params: DIGEST },
  },
  createUpload: {
    operationId: 'createUpload', method: 'post', path: '/uploads', tag: 'registry', needs: 'registry', tenancy: 'none',
    summary: 'Begin the upload of a component version',
    description: 'A weight component is a safetensors file with just the tensors of its kind. Answers 200 without an id where the registry already holds these bytes.',
    body: uploadBody, status: 201, response: uploadSchema,
    problems: { 404: 'No such model or component.', 429: 'Too many uploads are open.', 507: 'The disk has no room for it.' },
    example: { body: { sha256: '5f'.repeat(32), sizeBytes: 491_760, kind: 'expert', component: 'expert/3/5', model: 'tiny-mixtral' } },
  },
  putUploadBytes: {
    operationId: 'putUploadBytes', method: 'put', path: '/uploads/{uploadId}', tag: 'registry', needs: 'registry', tenancy: 'none',
    summary: 'The next bytes of an upload',
    description: 'What has arrived is kept when a request breaks off. With the last byte the file is checked: digest, tensors, finite weights.',
    params: uploadParams, query: uploadBytesQuery, bytes: 'The next bytes of the file, some 16 MiB at a time.', status: 200, response: uploadSchema,
    problems: { ...NO_UPLOAD, 409: 'The bytes begin elsewhere than at the offset, which the problem names, or the upload has ended.', 422: 'The file is not what it was said to be, or no sound component.' },
    example: { params: UPLOAD, query: { offset: '0' } },
  },
  listUploads: {
    operationId: 'listUploads', method: 'get', path: '/uploads', tag: 'registry', needs: 'registry', tenancy: 'none',
    summary: 'Uploads, newest first', query: uploadsQuery, status: 200, response: uploadsSchema,
  },
  getUpload: {
    operationId: 'getUpload', method: 'get', path: '/uploads/{uploadId}', tag: 'registry', needs: 'registry', tenancy: 'none',
    summary: 'How far an upload has come', params: uploadParams, status: 200, response: uploadSchema, problems: NO_UPLOAD,
    example: { params: UPLOAD },
  },
  cancelUpload: {
    operationId: 'cancelUpload', method: 'delete', path: '/uploads/{uploadId}', tag: 'registry', needs: 'registry', tenancy: 'none',
    summary: 'Give up an open upload', params: uploadParams, status: 204, response: null, problems: { ...NO_UPLOAD, 409: 'It has ended.' },
    example: { params: UPLOAD },
  },
} as const satisfies Record<string, Route>;

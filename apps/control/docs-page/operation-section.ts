import { type OpenApiDocument, type OpenApiOperation } from '#libs/contract/api/openapi';
import { type Json } from '#libs/contract/api/schema-components';
import { curlExample } from './curl-example.ts';
import { type Field, fieldList, fieldsOf } from './field-list.ts';
import { codeBlock, escapeHtml, prose } from './markup.ts';
import { typeOf } from './type-text.ts';

export interface PlacedOperation {
  readonly method: string;
  readonly path: string;
  readonly operation: OpenApiOperation;
}

/** One operation: what it is for, which key, an example, its fields, its answers. */
export function operationSection({ method, path, operation }: PlacedOperation, origin: string, schemas: OpenApiDocument['components']['schemas']): string {
  const { operationId, summary, description, parameters, requestBody, responses } = operation;
  const needs = operation['x-signalbox-needs'];
  const body = requestBody?.content['application/json']?.schema;
  const bytes = requestBody?.content['application/octet-stream']?.schema['description'];
  // The permission has a place of its own here.
  const told = description.replace(/ ?Needs the permission `\w+`\./, '');
  return `<article id="${escapeHtml(operationId)}">
<h3><a class="anchor" href="#${escapeHtml(operationId)}">${prose(summary)}</a></h3>
<p class="call"><span class="method ${method}">${method.toUpperCase()}</span> <code>${escapeHtml(path)}</code> <span class="scope">${needs === 'public' ? 'open to all' : `needs <code>${needs === 'caller' ? 'a key' : needs}</code>`}</span></p>
${told ? `<p>${prose(told)}</p>` : ''}
${codeBlock(curlExample(origin, method, path, operation), 'Example')}
${parameters.length > 0 ? `<h4>Fields</h4>${fieldList(parameters.map(parameterField))}` : ''}
${body ? `<h4>Body: ${typeOf(body)}</h4>${fieldList(fieldsOf(named(body, schemas)))}` : ''}
${typeof bytes === 'string' ? `<h4>Body: bytes</h4><p>${prose(bytes)}</p>` : ''}
<h4>Answers</h4><dl class="answers">${Object.entries(responses).map(answer).join('')}</dl>
</article>`;
}

function parameterField({ name, in: place, required, description, schema }: OpenApiOperation['parameters'][number]): Field {
  return { name, schema, isRequired: required, place, ...(description === undefined ? {} : { description }) };
}

function named(schema: Json, schemas: Readonly<Record<string, Json>>): Json {
  return typeof schema['$ref'] === 'string' ? (schemas[schema['$ref'].split('/').at(-1) ?? ''] ?? schema) : schema;
}

function answer([status, { description, content = {} }]: [string, OpenApiOperation['responses'][string]]): string {
  const kinds = Object.entries(content).map(([mediaType, { schema }]) =>
    mediaType === 'text/event-stream' ? `<p>${prose(typeof schema['description'] === 'string' ? schema['description'] : '')}</p>` : `<span class="type">${typeOf(schema)}</span>`,
  );
  const kind = status.startsWith('2') ? 'good' : 'bad';
  return `<div><dt class="${kind}">${escapeHtml(status)}</dt><dd>${prose(description)} ${kinds.join('')}</dd></div>`;
}

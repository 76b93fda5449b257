import { type OpenApiDocument } from '#libs/contract/api/openapi';
import { fieldList, fieldsOf } from './field-list.ts';
import { escapeHtml, prose } from './markup.ts';
import { operationSection, type PlacedOperation } from './operation-section.ts';
import { quickStart } from './quick-start.ts';
import { STYLE } from './style.ts';
import { typeOf } from './type-text.ts';

/**
 * One page for people: quick start, every operation by subject, every schema. No script, nothing from
 * elsewhere.
 * @param origin - where this server is reached, such as http://127.0.0.1:7070, for the examples
 */
export function docsPage(document: OpenApiDocument, origin: string): string {
  const { info, tags, paths, components } = document;
  const operations = Object.entries(paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]): PlacedOperation => ({ path, method, operation })));
  const subjects = tags.map((tag) => ({ ...tag, operations: operations.filter(({ operation }) => operation.tags[0] === tag.name) }));
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(info.title)}</title><style>${STYLE}</style></head>
<body><a class="skip" href="#content">Skip to the content</a>
<nav aria-label="Operations"><p class="brand"><a href="#content">Signalbox</a> <small>${escapeHtml(info.version)}</small></p>
<ul><li><a href="#quick-start">Quick start</a></li></ul>
${subjects.map(({ name, operations: own }) => `<h2><a href="#${escapeHtml(name)}">${title(name)}</a></h2><ul>${own.map(navItem).join('')}</ul>`).join('')}
<ul><li><a href="#schemas">Schemas</a></li></ul></nav>
<main id="content"><header><h1>${escapeHtml(info.title)}</h1><p>${prose(info.description)}</p>
<p>For machines: <a href="openapi.json">openapi.json</a>, OpenAPI 3.1. For servers: <a href="/metrics">metrics</a>, <a href="/readyz">readiness</a>.</p></header>
${quickStart(origin)}
${subjects.map(({ name, description, operations: own }) => `<section id="${escapeHtml(name)}"><h2>${title(name)}</h2><p>${prose(description)}</p>${own.map((one) => operationSection(one, origin, components.schemas)).join('')}</section>`).join('')}
<section id="schemas"><h2>Schemas</h2>${Object.entries(components.schemas).map(schemaSection).join('')}</section>
</main></body></html>`;
}

function navItem({ method, path, operation }: PlacedOperation): string {
  return `<li><a href="#${escapeHtml(operation.operationId)}" title="${escapeHtml(operation.summary)}"><span class="method ${method}">${method.toUpperCase()}</span> <span>${escapeHtml(path.replace(/^\/(api\/)?v1/, '')).replaceAll('/', '<wbr>/')}</span></a></li>`;
}

function schemaSection([name, schema]: [string, OpenApiDocument['components']['schemas'][string]]): string {
  const { description, properties } = schema;
  const fields = properties === undefined ? `<p class="type">${typeOf(schema)}</p>` : fieldList(fieldsOf(schema));
  return `<article id="schema-${escapeHtml(name)}"><h3><a class="anchor" href="#schema-${escapeHtml(name)}">${escapeHtml(name)}</a></h3>${typeof description === 'string' ? `<p>${prose(description)}</p>` : ''}${fields}</article>`;
}

function title(tag: string): string {
  return escapeHtml(tag.charAt(0).toUpperCase() + tag.slice(1).replaceAll('-', ' '));
}

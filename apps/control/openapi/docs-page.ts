import { type OpenApiDocument } from '#libs/contract/management/openapi';

type Json = Record<string, unknown>;

const STYLE = `
  :root { color-scheme: light dark }
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
  code { font: 0.9em ui-monospace, monospace }
  section { border-top: 1px solid; padding-top: 1rem; margin-top: 2rem }
  table { border-collapse: collapse; width: 100% } th, td { text-align: left; vertical-align: top; padding: 0.25rem 1rem 0.25rem 0 }
  summary { cursor: pointer }`;

/** One page that lists every operation, its fields and answers. No script, nothing from elsewhere. */
export function docsPage({ info, paths, components }: OpenApiDocument): string {
  const operations = Object.entries(paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]) => ({ path, method, operation })));
  const nav = operations.map(({ path, method, operation }) => `<li><a href="#${text(operation['operationId'])}"><code>${method.toUpperCase()} ${text(path)}</code></a> ${text(operation['summary'])}</li>`);
  const schemas = Object.entries(components.schemas).map(([name, schema]) => `<section id="schema-${text(name)}"><h3>${text(name)}</h3><p>${text(schema['description'] ?? '')}</p>${fields(schema)}</section>`);
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${text(info.title)}</title><style>${STYLE}</style></head><body>
<h1>${text(info.title)} <small>${text(info.version)}</small></h1><p>${text(info.description)} Send a key as <code>Authorization: Bearer &lt;key&gt;</code>. For machines: <a href="openapi.json">openapi.json</a> (OpenAPI 3.1).</p>
<ul>${nav.join('')}</ul>${operations.map(operationSection).join('')}<h2>Schemas</h2>${schemas.join('')}</body></html>`;
}

function operationSection({ path, method, operation }: { path: string; method: string; operation: Json }): string {
  const parameters = (operation['parameters'] as { name: string; in: string; required: boolean; description?: string; schema: Json }[]).map(
    (parameter) => `<tr><td><code>${text(parameter.name)}</code></td><td>${text(parameter.in)}${parameter.required ? ', required' : ''}</td><td>${typeOf(parameter.schema)}</td><td>${text(parameter.description ?? '')}</td></tr>`,
  );
  const body = operation['requestBody'] as { content: { 'application/json': { schema: Json } } } | undefined;
  const responses = Object.entries(operation['responses'] as Record<string, { description: string; content?: Record<string, { schema: Json }> }>).map(
    ([status, { description, content }]) => `<tr><td><code>${text(status)}</code></td><td>${text(description)}</td><td>${Object.values(content ?? {}).map(({ schema }) => typeOf(schema)).join('')}</td></tr>`,
  );
  return `<section id="${text(operation['operationId'])}"><h2><code>${method.toUpperCase()} ${text(path)}</code></h2><p>${text(operation['summary'])}. ${text(operation['description'])}</p>
${parameters.length > 0 ? `<table><thead><tr><th>Field</th><th>In</th><th>Type</th><th>Meaning</th></tr></thead><tbody>${parameters.join('')}</tbody></table>` : ''}
${body ? `<p>Body: ${typeOf(body.content['application/json'].schema)}</p>` : ''}
<details><summary>Answers</summary><table><tbody>${responses.join('')}</tbody></table></details></section>`;
}

function fields(schema: Json): string {
  const rows = Object.entries((schema['properties'] ?? {}) as Record<string, Json>).map(
    ([name, field]) => `<tr><td><code>${text(name)}</code></td><td>${typeOf(field)}</td><td>${text(field['description'] ?? '')}</td></tr>`,
  );
  return rows.length > 0 ? `<table><tbody>${rows.join('')}</tbody></table>` : '';
}

/** A type in words, with a link where it has a name. */
function typeOf(schema: Json): string {
  if (typeof schema['$ref'] === 'string') {
    const name = schema['$ref'].split('/').at(-1) ?? '';
    return `<a href="#schema-${text(name)}">${text(name)}</a>`;
  }
  const choices = schema['anyOf'];
  if (Array.isArray(choices)) return choices.map((choice) => typeOf(choice as Json)).join(' or ');
  if (Array.isArray(schema['enum'])) return schema['enum'].map((value) => `<code>${text(value)}</code>`).join(', ');
  if (schema['type'] === 'array') return `list of ${typeOf((schema['items'] ?? {}) as Json)}`;
  return text(schema['type'] ?? schema['const'] ?? 'any');
}

function text(value: unknown): string {
  return String(value).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

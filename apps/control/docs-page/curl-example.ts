import { type OpenApiOperation } from '#libs/contract/api/openapi';

/** The curl command of an operation's example. The key comes from the environment, so that it enters no shell history. */
export function curlExample(origin: string, method: string, path: string, { parameters, requestBody }: OpenApiOperation): string {
  const given = (place: string): [string, string][] => parameters.flatMap(({ name, in: where, example }) => (where === place && example !== undefined ? [[name, example]] : []));
  const inPath = new Map(given('path'));
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(inPath.get(name) ?? name));
  const query = new URLSearchParams(given('query')).toString();
  const url = `${origin}${filled}${query === '' ? '' : `?${query}`}`;
  const body = requestBody?.content['application/json']?.example;
  const takesBytes = requestBody?.content['application/octet-stream'] !== undefined;
  const parts = [
    `curl ${method === 'get' || (method === 'post' && body !== undefined) ? '' : `-X ${method.toUpperCase()} `}${query === '' ? url : quote(url)}`,
    '-H "Authorization: Bearer $SIGNALBOX_API_KEY"',
    ...given('header').map(([name, value]) => `-H ${quote(`${name}: ${value}`)}`),
    ...(body === undefined ? [] : [`-H 'Content-Type: application/json'`, `-d ${quote(JSON.stringify(body))}`]),
    ...(takesBytes ? [`-H 'Content-Type: application/octet-stream'`, '--data-binary @piece'] : []),
  ];
  return parts.join(' \\\n  ');
}

/** For a POSIX shell. */
function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

// Writes the console's client from the OpenAPI description of the contract: apps/console/src/api/gen.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

process.chdir(join(import.meta.dirname, '..'));

// The contract is read from its sources, so that no build needs to go before.
if (!process.execArgv.includes('--conditions=development')) {
  const { status } = spawnSync(process.execPath, ['--conditions=development', '--disable-warning=ExperimentalWarning', ...process.argv.slice(1)], { stdio: 'inherit' });
  process.exit(status ?? 1);
}

const [{ createClient }, { openApiDocument }, { MANAGEMENT_API }, { INFERENCE_API }] = await Promise.all([
  import('@hey-api/openapi-ts'),
  import('../libs/contract/api/openapi.ts'),
  import('../libs/contract/management/api.ts'),
  import('../libs/contract/openai/routes.ts'),
]);

const description = JSON.parse(JSON.stringify(openApiDocument([INFERENCE_API, MANAGEMENT_API], '0')));
// The browser's own EventSource listens to it; as a query it makes no sense, nor does what is generated compile.
delete description.paths['/api/v1/events'];

await createClient({
  input: description,
  output: { path: 'apps/console/src/api/gen', importFileExtension: '.ts', entryFile: false },
  logs: { level: 'silent', file: false },
  plugins: [
    '@hey-api/typescript',
    { name: '@hey-api/client-fetch', throwOnError: true },
    '@hey-api/sdk',
    // The tag of an operation is part of its query's key: what changes under a tag is asked for again.
    { name: '@tanstack/react-query', queryKeys: { tags: true }, infiniteQueryKeys: { tags: true } },
  ],
});

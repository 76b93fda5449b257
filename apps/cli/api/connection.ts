import { ApiClient } from './api-client.ts';
import { CliError, EXIT } from './exit-code.ts';

export const DEFAULT_URL = 'http://127.0.0.1:7070';

/** A client for the server and key that the environment names. @throws CliError that says how to set them */
export function connect(env: Readonly<Record<string, string | undefined>>, signal: AbortSignal): ApiClient {
  const baseUrl = env['SIGNALBOX_URL'] || DEFAULT_URL;
  if (!URL.canParse(baseUrl) || !/^https?:$/.test(new URL(baseUrl).protocol)) {
    throw new CliError(EXIT.usage, `SIGNALBOX_URL is no http(s) URL: give one such as ${DEFAULT_URL}.`);
  }
  const apiKey = env['SIGNALBOX_API_KEY'];
  if (!apiKey) {
    throw new CliError(
      EXIT.refused,
      'SIGNALBOX_API_KEY is not set. The first start of Signalbox prints a key, once, and stores only its hash:\n' +
        '  export SIGNALBOX_API_KEY=<key>\n' +
        'If it is lost, start Signalbox with SIGNALBOX_ADMIN_KEY=<24 or more characters> and use that.',
    );
  }
  if (!/^[\x21-\x7e]+$/.test(apiKey)) throw new CliError(EXIT.refused, 'SIGNALBOX_API_KEY holds a space or another character that no key has: copy the key again.');
  return new ApiClient({ baseUrl, apiKey, signal });
}

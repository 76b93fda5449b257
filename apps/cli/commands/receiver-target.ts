import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { CliError, EXIT } from '../api/exit-code.ts';

export interface AddOptions {
  readonly kind: string;
  readonly url?: string;
  readonly secretFile?: string;
  readonly host?: string;
  readonly port?: string;
  readonly security?: string;
  readonly username?: string;
  readonly from?: string;
  readonly to?: string;
}

/** Names of the secret that each kind takes. */
const SECRETS: Readonly<Record<string, string>> = { 'alertmanager-webhook': 'authorization', alertmanager: 'authorization', pagerduty: 'routingKey', email: 'password', slack: 'webhookUrl' };

/**
 * The target of a request, of what was given; the server checks it. Secrets come from a file, as what is
 * typed on a command line is seen by others and kept by shells.
 * @throws CliError where the file cannot be read or the kind takes no secret
 */
export async function targetOf({ kind, url, secretFile, host, port, security, username, from, to }: AddOptions, workingDir: string): Promise<Record<string, unknown>> {
  const target: Record<string, unknown> = { kind, url, host, port: port === undefined ? undefined : Number(port), security, username, from, to: to?.split(',').map((one) => one.trim()) };
  const secretName = SECRETS[kind];
  if (secretFile !== undefined) {
    if (secretName === undefined) throw new CliError(EXIT.usage, `--secret-file: receivers of the kind ${kind} take no secret; ours is generated.`);
    const text = await readFile(resolve(workingDir, secretFile), 'utf8').catch((error: NodeJS.ErrnoException) => {
      throw new CliError(EXIT.usage, `--secret-file: ${secretFile} cannot be read (${error.code ?? error.message}).`);
    });
    target[secretName] = text.trim();
  }
  return Object.fromEntries(Object.entries(target).filter(([, value]) => value !== undefined));
}

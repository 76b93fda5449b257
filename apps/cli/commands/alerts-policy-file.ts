import { parse, YAMLError } from 'yaml';
import { z } from 'zod';
import { notificationPolicyBody } from '#libs/contract/management/alerts';
import { type CallOutput } from '../api/api-client.ts';
import { CliError, EXIT } from '../api/exit-code.ts';
import { type Terminal } from '../terminal.ts';
import { readText } from './change-payload.ts';

type Policy = z.output<typeof notificationPolicyBody>;
type Named = Pick<CallOutput<'listReceivers'>['items'][number], 'id' | 'name'>;

/** Larger than any policy that the API takes. */
const MAX_CHARACTERS = 4 << 20;
/** What the API adds to a policy, so that what `show` prints can be given back. */
const policyFile = z.looseObject({ generation: z.int('give the generation that show printed, or leave it out').min(0).optional(), updatedBy: z.unknown().optional(), updatedAt: z.unknown().optional() });

/** A policy of a file whose receivers may still be names. */
export interface PolicyFile {
  readonly generation: number | undefined;
  readonly document: Readonly<Record<string, unknown>>;
}

/** JSON is YAML too. What a policy must be in full is looked at with its receivers, by `idsFor`. @throws CliError for what is no YAML or holds no object */
export async function readPolicyFile(terminal: Terminal, file: string): Promise<PolicyFile> {
  const text = await readText(terminal, file);
  if (text.length > MAX_CHARACTERS) throw new CliError(EXIT.usage, `${file} is longer than any policy may be: give at most ${MAX_CHARACTERS} characters.`);
  const parsed = policyFile.safeParse(parsedYaml(text, file));
  if (!parsed.success) throw refused(file, parsed.error);
  const { generation, updatedBy: _by, updatedAt: _at, ...document } = parsed.data;
  return { generation, document };
}

/** The policy with ids where it names receivers, as the API takes it. @throws CliError that names the field */
export function idsFor(document: PolicyFile['document'], receivers: readonly Named[], file: string): Policy {
  const ids = new Set(receivers.map(({ id }) => id));
  const byName = new Map(receivers.map(({ id, name }) => [name, id]));
  const replaced = eachReceiver(document, (given, field) => {
    const id = ids.has(given) ? given : byName.get(given);
    if (id === undefined) throw new CliError(EXIT.usage, `${file}: ${field}: there is no receiver ${JSON.stringify(given)}; signalbox receivers list shows them.`);
    return id;
  });
  const parsed = notificationPolicyBody.safeParse(replaced);
  if (!parsed.success) throw refused(file, parsed.error);
  return parsed.data;
}

/** The policy with the names of receivers; one that is gone keeps its id. */
export function namesFor<T extends object>(document: T, receivers: readonly Named[]): T {
  const names = new Map(receivers.map(({ id, name }) => [id, name]));
  return eachReceiver(document, (id) => names.get(id) ?? id);
}

/** A copy in which every text in a list called `receivers` is another: of the policy, its routes and its escalations. */
function eachReceiver<T extends object>(document: T, replace: (receiver: string, field: string) => string): T {
  const within = (part: unknown, at: string): unknown => {
    if (!isRecord(part) || !Array.isArray(part['receivers'])) return part;
    return { ...part, receivers: part['receivers'].map((one: unknown, index) => (typeof one === 'string' ? replace(one, `${at}receivers.${index}`) : one)) };
  };
  const parts = Object.entries(document).map(([key, value]: [string, unknown]) => [key, (key === 'routes' || key === 'escalations') && Array.isArray(value) ? value.map((one, index) => within(one, `${key}.${index}.`)) : value]);
  return within(Object.fromEntries(parts), '') as T;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parsedYaml(text: string, file: string): unknown {
  try {
    return parse(text) as unknown;
  } catch (error) {
    if (error instanceof YAMLError || error instanceof ReferenceError) throw new CliError(EXIT.usage, `${file} is no YAML: ${error.message}`, { cause: error });
    throw error;
  }
}

function refused(file: string, error: z.ZodError): CliError {
  const what = error.issues.map(({ path, message }) => `${path.length > 0 ? `${path.join('.')}: ` : ''}${message}`);
  return new CliError(EXIT.usage, `${file} is no notification policy: ${what.join('; ')}.`);
}

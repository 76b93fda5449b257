import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { z } from 'zod';
import { changeEditBody } from '#libs/contract/management/changes';
import { type ApiClient } from '../api/api-client.ts';
import { CliError, EXIT } from '../api/exit-code.ts';
import { componentInFull, releaseInFull } from '../api/in-full.ts';
import { type Terminal } from '../terminal.ts';
import { modelOf } from './activation-model.ts';

export interface PayloadOptions {
  readonly file?: string;
  readonly title?: string;
  readonly reason?: string;
  readonly model?: string;
  readonly release?: string;
  readonly replace: readonly string[];
  readonly expert: readonly string[];
  readonly topK?: string;
  readonly normalise?: string;
  readonly routing?: string;
  readonly rules?: string;
  readonly sha256?: string;
  readonly card?: string;
  readonly mode?: string;
  readonly policies?: string;
  readonly canary?: string;
  readonly stickyBy: string;
  readonly rollout?: string;
}

type Body = z.input<typeof changeEditBody>;

/** The body of a request from options, or from a file; the server checks what it says. @throws CliError naming an option */
export async function bodyOf(type: string | undefined, options: PayloadOptions, api: ApiClient, terminal: Terminal): Promise<Body> {
  if (options.file !== undefined) return { ...(asObject(await readJson(terminal, options.file)) as unknown as Body), ...titleOf(options) };
  if (type === undefined) throw new CliError(EXIT.usage, 'Give a type such as replace-expert, or --file.');
  if (options.title === undefined || options.reason === undefined) throw new CliError(EXIT.usage, 'Give --title and --reason: those who approve read them.');
  return { title: options.title, reason: options.reason, change: (await changeOf(type, options, api, terminal)) as unknown as Body['change'] };
}

export function titleOf({ title, reason }: Pick<PayloadOptions, 'title' | 'reason'>): { title?: string; reason?: string } {
  return { ...(title === undefined ? {} : { title }), ...(reason === undefined ? {} : { reason }) };
}

async function changeOf(type: string, options: PayloadOptions, api: ApiClient, terminal: Terminal): Promise<Record<string, unknown>> {
  if (type === 'change-policy') return { type, policies: await readText(terminal, needed(options.policies, '--policies')), limits: (await api.call('getChangePolicy', {})).limits };
  const model = await modelOf(api, options.model === undefined ? {} : { model: options.model });
  const common = { type, model };
  const strategy = await strategyOf(options, terminal);
  switch (type) {
    case 'replace-expert':
    case 'change-router':
      if (options.replace.length === 0) throw new CliError(EXIT.usage, '--replace is needed for this type of change: give a component and its new version, such as expert/3/5=<sha256>.');
      return { ...common, replace: await Promise.all(options.replace.map((text) => replacementOf(text, api))), ...strategy };
    case 'activate':
    case 'add-expert':
      return { ...common, releaseId: await releaseInFull(api, needed(options.release, '--release')), ...strategy };
    case 'change-routing-settings':
      return { ...common, settings: { ...(options.routing === undefined ? {} : await readJsonObject(terminal, options.routing)), ...(options.topK === undefined ? {} : { topK: Number(options.topK) }), ...(options.normalise === undefined ? {} : { normalise: options.normalise === 'true' }) }, ...strategy };
    case 'retire-expert':
      if (options.expert.length === 0) throw new CliError(EXIT.usage, '--expert is needed for this type of change, such as expert/3/5.');
      return { ...common, experts: options.expert };
    case 'change-data-rules': {
      const read = await readJson(terminal, needed(options.rules, '--rules'));
      return { ...common, rules: Array.isArray(read) ? read : asObject(read)['rules'] };
    }
    case 'rescope-expert':
      return { ...common, sha256: await componentInFull(api, needed(options.sha256, '--sha256')), card: await readJson(terminal, needed(options.card, '--card')) };
    case 'recall':
      return { ...common, sha256: await componentInFull(api, needed(options.sha256, '--sha256')), reason: options.reason };
    case 'set-governance':
      return { ...common, mode: needed(options.mode, '--mode') };
    default:
      return common;
  }
}

async function strategyOf({ canary, stickyBy, rollout }: PayloadOptions, terminal: Terminal): Promise<{ strategy?: unknown }> {
  if (canary !== undefined && rollout !== undefined) throw new CliError(EXIT.usage, 'Give --canary or --rollout, not both.');
  if (canary !== undefined) return { strategy: { kind: 'canary', share: Number(canary), stickyBy } };
  if (rollout === undefined) return {};
  const read = asObject(await readJson(terminal, rollout));
  const { model: _, candidate: __, ...plan } = asObject(read['plan'] ?? read);
  return { strategy: { kind: 'rollout', plan } };
}

async function replacementOf(text: string, api: ApiClient): Promise<{ component: string; sha256: string }> {
  const [component, sha256] = text.split('=');
  if (component && sha256) return { component, sha256: await componentInFull(api, sha256) };
  throw new CliError(EXIT.usage, `--replace ${text}: give a component and its new version, such as expert/3/5=<sha256>.`);
}

function needed(value: string | undefined, option: string): string {
  if (value !== undefined) return value;
  throw new CliError(EXIT.usage, `${option} is needed for this type of change.`);
}

export async function readText(terminal: Terminal, file: string): Promise<string> {
  return readFile(resolve(terminal.workingDir, file), 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new CliError(EXIT.usage, `${file} cannot be read (${error.code ?? error.message}).`);
  });
}

export async function readJsonObject(terminal: Terminal, file: string): Promise<Record<string, unknown>> {
  return asObject(await readJson(terminal, file));
}

async function readJson(terminal: Terminal, file: string): Promise<unknown> {
  const text = await readText(terminal, file);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CliError(EXIT.usage, `${file} is no JSON: ${error instanceof Error ? error.message : ''}.`);
  }
}

function asObject(value: unknown): Record<string, unknown> {
  const parsed = z.record(z.string(), z.unknown()).safeParse(value);
  if (parsed.success) return parsed.data;
  throw new CliError(EXIT.usage, 'The file must hold a JSON object.');
}

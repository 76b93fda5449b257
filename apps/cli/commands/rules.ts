import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Command } from 'commander';
import { z } from 'zod';
import { ruleBody } from '#libs/contract/management/alerts';
import { type ApiClient, type CallInput, type CallOutput } from '../api/api-client.ts';
import { CliError, EXIT } from '../api/exit-code.ts';
import { allPages } from '../api/pages.ts';
import { printable, table } from '../render/plain-text.ts';
import { type Terminal } from '../terminal.ts';
import { matcherText } from './matchers.ts';

type Rule = CallOutput<'getAlertRule'>;
type Fields = CallInput<'putAlertRule'>['body'];

const MAX_SHOWN = 1000;
/** What the API adds to a rule, so that what `show --json` prints can be given back. */
const ruleFile = z.looseObject({ id: z.string().optional(), generation: z.int().optional(), updatedBy: z.string().optional(), updatedAt: z.string().optional() });

/** Adds `signalbox rules ...`. */
export function addRuleCommands(program: Command, terminal: Terminal, client: () => ApiClient): void {
  const rules = program.command('rules').description('when a reading is an alert');
  rules
    .command('list', { isDefault: true })
    .description('list rules by id')
    .option('--json', 'as JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const api = client();
      const { items } = await allPages((cursor) => api.call('listAlertRules', { query: { cursor, limit: '200' } }), MAX_SHOWN);
      const rows = items.map((rule) => [rule.id, rule.enabled ? 'on' : 'off', printable(rule.name), rule.signal, limitsText(rule), rule.matchers.map((one) => printable(matcherText(one))).join(' ')]);
      terminal.print(json ? JSON.stringify(items, null, 2) : table(['id', '', 'name', 'signal', 'limits', 'matchers'], rows, 99));
    });
  rules
    .command('show')
    .argument('<rule>', 'id of the rule')
    .description('show a rule as JSON, which can be edited and given to apply')
    .action(async (ruleId: string) => terminal.print(JSON.stringify(await client().call('getAlertRule', { params: { ruleId } }), null, 2)));
  rules
    .command('apply')
    .argument('<file>', 'JSON of a rule; with the generation that show printed it is refused when someone was faster')
    .description('make a rule, or change the one of its id')
    .action(async (file: string) => {
      const { id, generation, fields } = await readRule(terminal, file);
      const api = client();
      const known = id === undefined ? null : await findRule(api, id);
      const rule = known ? await put(api, known, fields, generation ?? known.generation) : await api.call('createAlertRule', { body: { ...fields, ...(id === undefined ? {} : { id }) } });
      terminal.print(`Rule ${rule.id}, generation ${rule.generation}.`);
    });
  rules
    .command('disable')
    .argument('<rule>', 'id of the rule')
    .description('evaluate a rule no more; its alerts resolve')
    .option('--undo', 'evaluate it again')
    .action(async (ruleId: string, { undo }: { undo?: boolean }) => {
      const api = client();
      const rule = await api.call('getAlertRule', { params: { ruleId } });
      const { id: _, generation, updatedBy: _by, updatedAt: _at, ...fields } = rule;
      const changed = await put(api, rule, { ...fields, enabled: undo === true }, generation);
      terminal.print(`Rule ${changed.id} is ${changed.enabled ? 'on' : 'off'}.`);
    });
  rules
    .command('preview')
    .argument('<file>', 'JSON of a rule')
    .description('tell which episodes a rule would have had, from recorded readings')
    .option('--from <time>', 'start (default: a day before the end)')
    .option('--to <time>', 'end (default: now)')
    .option('--json', 'as JSON')
    .action(async (file: string, { from, to, json }: { from?: string; to?: string; json?: boolean }) => {
      const { fields } = await readRule(terminal, file);
      const found = await client().call('previewAlertRule', { body: { rule: fields, from, to } });
      if (json) return terminal.print(JSON.stringify(found, null, 2));
      const rows = found.episodes.map((one) => [one.startedAt, one.endedAt ?? 'still fires', one.severity ?? one.beganAs, one.peakValue === null ? '-' : String(Number(one.peakValue.toPrecision(3))), printable(JSON.stringify(one.labels))]);
      terminal.print(rows.length > 0 ? table(['from', 'to', 'severity', 'peak', 'labels'], rows, 99) : `No episode in ${found.readings} readings.`);
      if (found.truncated) terminal.note('This is only a part: narrow the time or the rule.');
    });
}

function limitsText({ limits }: Rule): string {
  return limits.map(({ severity, is, limit }) => `${severity} ${is === 'above' ? '>' : '<'} ${limit}`).join(', ');
}

async function findRule(api: ApiClient, id: string): Promise<Rule | null> {
  const { items } = await allPages((cursor) => api.call('listAlertRules', { query: { cursor, limit: '200' } }), MAX_SHOWN);
  return items.find((rule) => rule.id === id) ?? null;
}

function put(api: ApiClient, { id }: Pick<Rule, 'id'>, body: Fields, generation: number): Promise<Rule> {
  return api.call('putAlertRule', { params: { ruleId: id }, headers: { 'if-match': `"${generation}"` }, body });
}

async function readRule(terminal: Terminal, file: string): Promise<{ readonly id: string | undefined; readonly generation: number | undefined; readonly fields: Fields }> {
  const text = await readFile(resolve(terminal.workingDir, file), 'utf8').catch(() => {
    throw new CliError(EXIT.usage, `${file} cannot be read: give the path of a JSON file.`);
  });
  try {
    const { generation, updatedBy: _by, updatedAt: _at, ...rule } = ruleFile.parse(JSON.parse(text));
    const { id, ...fields } = ruleBody.parse(rule);
    return { id, generation, fields };
  } catch (error) {
    const what = error instanceof z.ZodError ? error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ') : 'it is not JSON';
    throw new CliError(EXIT.usage, `${file} is no rule: ${what}.`);
  }
}

import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { z } from 'zod';
import { rolloutBody } from '#libs/contract/management/rollouts';
import { type ApiClient } from '../api/api-client.ts';
import { CliError, EXIT } from '../api/exit-code.ts';
import { releaseInFull } from '../api/in-full.ts';
import { pause } from '../pause.ts';
import { printable, table } from '../render/plain-text.ts';
import { rolloutLine, rolloutText, type RolloutView, verdictLine } from '../render/rollout-text.ts';
import { type Terminal } from '../terminal.ts';
import { modelOf, percent } from './activation-model.ts';
import { planOf, type PlanOptions } from './rollout-plan.ts';

const POLL_MS = 1000;
const CLEAR = '\u001b[2J\u001b[H';
const fileSchema = z.object({}).loose();

/** Adds `signalbox rollout ...`. */
export function addRolloutCommands(program: Command, terminal: Terminal, client: () => ApiClient): void {
  const rollout = program.command('rollout').description('bring a release to all requests in steps, with guards that roll it back');
  rollout
    .command('start')
    .argument('[plan]', 'JSON file with a plan, as POST /api/v1/rollouts takes it; or give --release')
    .description('start a guarded rollout')
    .option('--model <name>', 'model, where there is no file and there are several')
    .option('--release <id>', 'release that is to answer, where there is no file: its id, or 8 or more digits of it')
    .option('--shares <list>', 'shares of the steps, separated by commas', '0.05,0.25,0.5')
    .option('--bake <seconds>', 'least time of each step', '600')
    .option('--max <seconds>', 'time after which a step pauses without enough evidence', '3600')
    .option('--min-requests <n>', 'requests the candidate must answer in each step', '100')
    .option('--min-expert-tokens <n>', 'tokens each changed expert must take in each step', '0')
    .option('--shadow <share>', 'share of answers that also run on the candidate and are compared', '0')
    .addOption(new Option('--sticky-by <what>', 'what stays on one side').choices(['key', 'session', 'request']).default('session'))
    .option('--reason <text>', 'why, for the audit log')
    .option('--watch', 'show how it goes until it ends')
    .action(async (file: string | undefined, options: PlanOptions & { reason?: string; watch?: boolean }) => {
      const api = client();
      const body = file === undefined ? { plan: planOf({ ...options, model: await modelOf(api, options), ...(options.release === undefined ? {} : { release: await releaseInFull(api, options.release) }) }) } : await readPlan(terminal, file);
      const started = await api.call('createRollout', { body: { ...body, ...(options.reason === undefined ? {} : { reason: options.reason }) } });
      terminal.print(`Rollout ${started.id} of ${printable(started.model)} has started.`);
      if (options.watch) await watchRollout(api, terminal, started.id);
      else terminal.print(`signalbox rollout watch ${started.id} shows how it goes.`);
    });
  rollout
    .command('status')
    .argument('[rollout-id]', 'one rollout; without it, the latest ones')
    .description('tell how rollouts stand')
    .option('--model <name>', 'only of this model')
    .option('--verdicts', 'with every verdict')
    .option('--json', 'as JSON')
    .action((id: string | undefined, options: { model?: string; verdicts?: boolean; json?: boolean }) => (id === undefined ? list(client(), terminal, options) : status(client(), terminal, id, options)));
  rollout
    .command('watch')
    .argument('<rollout-id>', 'from signalbox rollout status')
    .description('show a rollout until it ends; Ctrl-C ends the showing only')
    .action((id: string) => watchRollout(client(), terminal, id));
  const acts = [['pause', 'pauseRollout', 'stay at the present share; guards go on watching'], ['resume', 'resumeRollout', 'go on with a paused rollout'], ['abort', 'abortRollout', 'give all requests back to the stable release']] as const;
  for (const [name, route, description] of acts) {
    rollout
      .command(name)
      .argument('<rollout-id>', 'from signalbox rollout status')
      .description(description)
      .option('--reason <text>', 'why, for the audit log')
      .action(async (id: string, options: { reason?: string }) => {
        const after = await client().call(route, { params: { rolloutId: id }, body: options.reason === undefined ? {} : { reason: options.reason } });
        terminal.print(rolloutLine(after));
      });
  }
}

async function readPlan(terminal: Terminal, file: string): Promise<z.input<typeof rolloutBody>> {
  const text = await readFile(resolve(terminal.workingDir, file), 'utf8').catch(() => null);
  if (text === null) throw new CliError(EXIT.usage, `${file} cannot be read.`);
  const parsed = fileSchema.safeParse(parseJson(text));
  if (!parsed.success) throw new CliError(EXIT.usage, `${file} holds no JSON object.`);
  // Either the body of the request or just its plan; the server checks the fields.
  const body = 'plan' in parsed.data ? parsed.data : { plan: parsed.data };
  const checked = rolloutBody.safeParse(body);
  if (checked.success) return body as z.input<typeof rolloutBody>;
  const [issue] = checked.error.issues;
  throw new CliError(EXIT.usage, `${file}, ${issue?.path.join('.') ?? 'plan'}: ${issue?.message ?? 'is wrong'}.`);
}

async function list(client: ApiClient, terminal: Terminal, { model, json }: { model?: string; json?: boolean }): Promise<void> {
  const { items } = await client.call('listRollouts', { query: { model, limit: '50' } });
  if (json) return terminal.print(JSON.stringify(items, null, 2));
  const rows = items.map(({ id, model: name, state, reason, step, steps, share, createdAt }) => [id, printable(name), state, printable(reason), `${step + 1}/${steps}`, percent(share), createdAt.slice(0, 16).replace('T', ' ')]);
  terminal.print(rows.length > 0 ? table(['rollout', 'model', 'state', 'reason', 'step', 'share', 'started (UTC)'], rows, 9) : 'No rollout yet: signalbox rollout start begins one.');
}

async function status(client: ApiClient, terminal: Terminal, rolloutId: string, { verdicts, json }: { verdicts?: boolean; json?: boolean }): Promise<void> {
  const rollout = await client.call('getRollout', { params: { rolloutId } });
  const items = verdicts ? (await client.call('listRolloutVerdicts', { params: { rolloutId }, query: { limit: '200' } })).items : [];
  if (json) return terminal.print(JSON.stringify(verdicts ? { ...rollout, verdicts: items } : rollout, null, 2));
  terminal.print([rolloutText(rollout), ...items.toReversed().map(verdictLine)].join('\n'));
}

/** Draws in place on a terminal; elsewhere a line whenever something else is said. @throws CliError when it ends other than well */
async function watchRollout(client: ApiClient, terminal: Terminal, rolloutId: string): Promise<void> {
  let shown = '';
  for (;;) {
    const rollout: RolloutView = await client.call('getRollout', { params: { rolloutId } });
    const line = rolloutLine(rollout);
    if (terminal.isTty) terminal.print(`${CLEAR}${rolloutText(rollout)}`);
    else if (line !== shown) terminal.print(line);
    shown = line;
    if (rollout.endedAt !== null) {
      if (rollout.state === 'completed') return;
      throw new CliError(EXIT.failed, `The rollout ${rollout.state === 'failed' ? 'failed' : `was ${rollout.state}`}: ${printable(rollout.reason)}${rollout.state === 'failed' && rollout.current.guard !== null ? ` by ${printable(rollout.current.guard)}` : ''}.`);
    }
    await pause(POLL_MS, terminal.signal);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

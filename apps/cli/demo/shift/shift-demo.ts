import { type ApiClient } from '../../api/api-client.ts';
import { CliError, EXIT } from '../../api/exit-code.ts';
import { type ProgressBar, progressBar } from '../../progress-bar.ts';
import { type Terminal } from '../../terminal.ts';
import { demoModel } from '../demo.ts';
import { type DemoPrompt, readPrompts, shippedPrompts } from '../prompts.ts';
import { sendShiftsTo } from './alert-set-up.ts';
import { adoptBaseline } from './baseline-set-up.ts';
import { composePerturbed, type Perturbation } from './perturbed-release.ts';
import { type Change, type PhaseResult, runPhase, type Stage, waitUntil } from './phase.ts';
import { addWebhook } from './receiver-set-up.ts';
import { seeded } from './seeded.ts';
import { activateForNow, goBack, stableRelease } from './serving.ts';
import { shiftTable } from './shift-table.ts';
import { alertsOf } from './told.ts';
import { Traffic } from './traffic.ts';
import { UndoList } from './undo-list.ts';
import { WebhookReceiver } from './webhook-receiver.ts';

export interface ShiftOptions {
  readonly model?: string;
  readonly prompts?: string;
  readonly parallel: number;
  /** Requests that the baseline stands on. */
  readonly requests: number;
  /** Domain that all requests are of while the traffic is shifted. */
  readonly domain: string;
  readonly json?: boolean;
}

/** Tokens to generate for a prompt: routing shows in the prompt already. */
const MAX_TOKENS = 4;
const TENANT = 'demo';
/** Layer 2 routes by token and by domain. Twice the norm of the weights sounds like much, but a random direction moves few choices. */
const PERTURBATION: Perturbation = { layer: 2, strength: 2 };
/** The same router each time, so that the registry keeps one. */
const PERTURBATION_SEED = 15;

/**
 * Shifts the traffic, then a router, on a running Signalbox, and shows that each is found for what it is, told
 * to a webhook, and resolved when it is undone. What it changed is put back, also on Ctrl-C.
 * @param undoClient works on after Ctrl-C
 */
export async function shiftDemo(client: ApiClient, undoClient: ApiClient, terminal: Terminal, options: ShiftOptions): Promise<void> {
  const model = options.model ?? (await demoModel(client));
  const prompts = await readPrompts(options.prompts ?? shippedPrompts());
  const shifted = ofDomain(prompts, options.domain);
  const base = await stableRelease(client, model);
  const undo = new UndoList();
  const webhook = await WebhookReceiver.listen();
  const traffic = new Traffic(client, prompts, { model, tenant: TENANT, parallel: options.parallel, maxTokens: MAX_TOKENS, signal: terminal.signal, random: Math.random });
  const bar = progressBar(terminal, terminal.isTty, String);
  const stage = stageOf(terminal, traffic, webhook, bar);
  try {
    const receiverId = await addWebhook(client, undoClient, undo, webhook);
    terminal.note(`Alerts go to ${webhook.url}, checked with the standardwebhooks library.`);
    const fromMs = Date.now();
    traffic.start();
    await waitUntil({ ...stage, onWait: () => bar.update(Math.min(traffic.answered, options.requests), options.requests, 'requests for a baseline') }, 'for requests', () => traffic.answered >= options.requests);
    await adoptBaseline({ client, undoClient, undo, stage }, { model, release: base, fromMs, requests: options.requests });
    await sendShiftsTo(client, undoClient, undo, { model, receiverId });
    const changes = [trafficChange(traffic, { all: prompts, some: shifted, domain: options.domain }), await routerChange({ client, undoClient, undo }, { model, base })];
    const results: PhaseResult[] = [];
    for (const change of changes) {
      terminal.note(`${change.title}.`);
      results.push(await runPhase(stage, change));
    }
    bar.stop();
    terminal.print(options.json ? JSON.stringify({ results, refused: webhook.refused }, null, 2) : shiftTable(results, terminal));
  } finally {
    bar.stop();
    await traffic.stop();
    await undo.run(terminal);
    await webhook.close();
  }
}

function stageOf(terminal: Terminal, traffic: Traffic, webhook: WebhookReceiver, bar: ProgressBar): Stage {
  return {
    traffic,
    told: () => alertsOf(webhook.deliveries),
    signal: terminal.signal,
    onWait: (what, elapsedMs, limitMs) => bar.update(Math.round(elapsedMs / 1000), Math.round(limitMs / 1000), `waiting ${what}, seconds`),
    now: Date.now,
  };
}

function ofDomain(prompts: readonly DemoPrompt[], domain: string): readonly DemoPrompt[] {
  const some = prompts.filter(({ task }) => task === domain);
  if (some.length > 0) return some;
  throw new CliError(EXIT.usage, `No prompt is of the domain ${domain}: give one of ${[...new Set(prompts.map(({ task }) => task))].join(', ')}.`);
}

function trafficChange(traffic: Traffic, { all, some, domain }: { readonly all: readonly DemoPrompt[]; readonly some: readonly DemoPrompt[]; readonly domain: string }): Change {
  return {
    title: `All traffic is ${domain}`,
    expected: 'mix-shift',
    apply: async () => traffic.change(some),
    undo: async () => traffic.change(all),
  };
}

async function routerChange({ client, undoClient, undo }: { readonly client: ApiClient; readonly undoClient: ApiClient; readonly undo: UndoList }, { model, base }: { readonly model: string; readonly base: string }): Promise<Change> {
  const release = await composePerturbed(client, model, base, PERTURBATION, seeded(PERTURBATION_SEED));
  let isBack: () => void = () => undefined;
  return {
    title: `Router of layer ${PERTURBATION.layer} perturbed`,
    expected: 'router-shift',
    apply: async () => void (isBack = await activateForNow(client, undoClient, undo, { model, release, before: base })),
    undo: async (found) => {
      await goBack(client, found);
      isBack();
    },
  };
}

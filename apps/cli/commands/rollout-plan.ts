import { type z } from 'zod';
import { type rolloutBody } from '#libs/contract/management/rollouts';
import { CliError, EXIT } from '../api/exit-code.ts';

export interface PlanOptions {
  readonly model?: string;
  readonly release?: string;
  readonly shares: string;
  readonly bake: string;
  readonly max: string;
  readonly minRequests: string;
  readonly minExpertTokens: string;
  readonly shadow: string;
  readonly stickyBy: 'key' | 'session' | 'request';
}

/** A plan from options: the same times for each step, and the guards that fit. @throws CliError naming an option */
export function planOf(options: PlanOptions): z.input<typeof rolloutBody>['plan'] {
  const { model, release: candidate } = options;
  if (model === undefined || candidate === undefined) throw new CliError(EXIT.usage, 'Give a file with a plan, or --release.');
  const bakeMs = number('--bake', options.bake) * 1000;
  const maxMs = Math.max(bakeMs, number('--max', options.max) * 1000);
  const minRequests = number('--min-requests', options.minRequests);
  const minTokensPerChangedExpert = number('--min-expert-tokens', options.minExpertTokens);
  const shadowShare = number('--shadow', options.shadow);
  const shares = options.shares.split(',').map((share) => number('--shares', share.trim()));
  return {
    model,
    candidate,
    steps: shares.map((share) => ({ share, bakeMs, minRequests, minTokensPerChangedExpert: share === 0 ? 0 : minTokensPerChangedExpert, maxMs })),
    guards: [{ kind: 'error-rate' }, { kind: 'latency' }, { kind: 'routing-divergence', source: 'usage' }, ...(shadowShare > 0 ? [{ kind: 'output-divergence' as const }] : [])],
    shadowShare,
    stickyBy: options.stickyBy,
  };
}

function number(option: string, text: string): number {
  const value = text === '' ? Number.NaN : Number(text);
  if (Number.isFinite(value) && value >= 0) return value;
  throw new CliError(EXIT.usage, `${option}: give a number of at least 0 in place of "${text}".`);
}

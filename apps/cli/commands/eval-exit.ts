import { type Outcome } from '#libs/evaluation/run/result';
import { type CallOutput } from '../api/api-client.ts';
import { CliError, EXIT } from '../api/exit-code.ts';
import { printable } from '../render/plain-text.ts';

/** Exit codes of `signalbox eval`, which tell a failed gate from a failed command. */
const EVAL_EXIT = { pass: 0, fail: 1, usage: 2, inconclusive: 3 } as const satisfies Record<Outcome | 'usage', number>;

export const EVAL_EXIT_HELP = `
Exit codes:
  0    all gates hold, or what was asked for is done
  1    a gate failed
  2    the command line or a value is wrong, the run failed, or no server answers
  3    inconclusive: the figures do not decide whether a gate holds
  4    the key is missing, not valid or lacks a permission
  5    what was asked for is not there
  130  stopped by Ctrl-C; the run goes on`;

/** A command whose failures never look like those of a gate. */
export function guarded<A extends readonly unknown[]>(command: (...args: A) => Promise<void>): (...args: A) => Promise<void> {
  return async (...args) => {
    try {
      await command(...args);
    } catch (error) {
      if (error instanceof Verdict) throw error;
      if (error instanceof CliError) throw error.exitCode === EXIT.failed || error.exitCode === EXIT.unreachable ? new CliError(EVAL_EXIT.usage, error.message, { cause: error }) : error;
      throw new CliError(EVAL_EXIT.usage, error instanceof Error ? error.message : String(error), { cause: error });
    }
  };
}

/** A verdict that is not a pass, as the end of a command. */
class Verdict extends CliError {}

/** Ends a command as the verdict of a run has it. @throws CliError unless it is a pass */
export function endBy({ verdict, summary }: Pick<CallOutput<'getEvaluation'>, 'verdict' | 'summary'>): void {
  const outcome = verdict?.outcome ?? 'inconclusive';
  if (outcome !== 'pass') throw new Verdict(EVAL_EXIT[outcome], `${outcome === 'fail' ? 'Failed' : 'Inconclusive'}: ${printable(summary ?? '')}`);
}

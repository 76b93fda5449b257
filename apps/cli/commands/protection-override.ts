import { type Command } from 'commander';
import { CliError, EXIT } from '../api/exit-code.ts';

export interface OverrideOptions {
  readonly reason?: string;
  readonly evidence?: string;
  readonly emergency?: boolean;
}

/** Options of each command that may take a protected expert away. */
export function mayOverride(command: Command): Command {
  return command
    .option('--evidence <evaluation-id>', 'for a protected expert: the run that shows it may go; --reason is kept with it')
    .option('--emergency', 'for a protected expert, where it cannot wait: somebody else then owes a review');
}

/** What the request says for taking protected experts away. @throws CliError where there is no reason */
export function overrideOf({ reason, evidence, emergency = false }: OverrideOptions): { override?: { reason: string; evaluationId?: string; emergency: boolean } } {
  if (evidence === undefined && !emergency) return {};
  if (reason === undefined) throw new CliError(EXIT.usage, '--evidence and --emergency need --reason: say why a protected expert is taken away.');
  return { override: { reason, emergency, ...(evidence === undefined ? {} : { evaluationId: evidence }) } };
}

import { type Command, InvalidArgumentError } from 'commander';
import { type ApiClient } from '../api/api-client.ts';
import { connect } from '../api/connection.ts';
import { type Terminal } from '../terminal.ts';
import { demo } from './demo.ts';
import { shiftDemo } from './shift/shift-demo.ts';

interface DemoCommandOptions {
  readonly model?: string;
  readonly prompts?: string;
  readonly parallel: number;
  readonly maxTokens: number;
  readonly shift?: boolean;
  readonly requests: number;
  readonly domain: string;
  readonly json?: boolean;
}

/** Adds `signalbox demo`. */
export function addDemoCommand(program: Command, terminal: Terminal, client: () => ApiClient): void {
  program
    .command('demo')
    .description('replay the prompts of eight domains and show how differently they use the experts')
    .option('--model <name>', 'model to ask (default: tiny-mixtral, or the only one)')
    .option('--prompts <dir>', 'folder of .jsonl files, one for each domain')
    .option('--parallel <n>', 'requests at a time', (value) => wholeNumber(value, 1, 256), 8)
    .option('--max-tokens <n>', 'tokens to generate for each prompt', (value) => wholeNumber(value, 1, 1024), 32)
    .option('--shift', 'instead: shift the traffic, then a router, and show that both are found, told apart, told to a webhook and resolved; the server needs SIGNALBOX_RECEIVER_ALLOW=127.0.0.0/8')
    .option('--requests <n>', 'with --shift: requests of the baseline', (value) => wholeNumber(value, 3000, 20_000), 4000)
    .option('--domain <name>', 'with --shift: the domain that all requests are of while the traffic is shifted', 'python')
    .option('--json', 'with --shift: the outcome as JSON')
    .action(({ shift, ...options }: DemoCommandOptions) =>
      // What is put back at the end must not be stopped by the Ctrl-C that ended the demo.
      shift ? shiftDemo(client(), connect(terminal.env, new AbortController().signal), terminal, options) : demo(client(), terminal, options),
    );
}

function wholeNumber(text: string, min: number, max: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < min || value > max) throw new InvalidArgumentError(`Give a whole number from ${min} to ${max}.`);
  return value;
}

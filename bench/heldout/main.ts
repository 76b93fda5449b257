import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadTokenizer } from '#libs/runtime/tokenizer/text-tokenizer';
import { withHome } from '../harness/home.ts';
import { describeMachine } from '../harness/machine.ts';
import { option } from '../harness/options.ts';
import { DEMO_MODEL, type SignalboxUnderTest, startSignalbox } from '../harness/signalbox.ts';
import { readModelCard } from './model-card.ts';

const CONTEXT_TOKENS = 1024;
const PARALLEL = 8;
const DOCUMENT_SEPARATOR = '\n\u001e\n';
const END_TOKEN = 1;
const FORCING_BIAS = 100;

/** Input tokens of one window and the token that follows it. */
interface Window {
  readonly input: readonly number[];
  readonly next: number;
}

/** Cuts `<s> text </s>` into windows that do not overlap; each token but <s> is predicted once. */
function windowsOf(tokens: readonly number[]): Window[] {
  const windows: Window[] = [];
  for (let start = 0; start < tokens.length - 1; start += CONTEXT_TOKENS) {
    const end = Math.min(start + CONTEXT_TOKENS, tokens.length - 1);
    windows.push({ input: tokens.slice(start, end), next: tokens[end] ?? END_TOKEN });
  }
  return windows;
}

/** Nats of every token of the window after its first, and of the token that follows, by the published API. */
async function windowNats({ url, key }: SignalboxUnderTest, domain: string, { input, next }: Window): Promise<number> {
  const response = await fetch(`${url}/v1/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'tiny-mixtral',
      prompt: input,
      max_tokens: 1,
      temperature: 0,
      echo: true,
      logprobs: 0,
      // Makes the sampled token the one that follows; log-probabilities are those before the bias.
      logit_bias: { [next]: FORCING_BIAS },
      metadata: { task: domain, tenant: 'heldout' },
    }),
  });
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
  const answer = (await response.json()) as { choices: { logprobs: { token_logprobs: (number | null)[] } }[] };
  const logprobs = answer.choices[0]?.logprobs.token_logprobs ?? [];
  if (logprobs.length !== input.length + 1) throw new Error(`${logprobs.length} log-probabilities for ${input.length + 1} tokens`);
  return -logprobs.reduce<number>((sum, value) => sum + (value ?? 0), 0);
}

async function measureDomain(signalbox: SignalboxUnderTest, directory: string, domain: string) {
  const tokenizer = loadTokenizer({
    format: 'signalbox.tokenizer/1',
    files: {
      'tokenizer.json': readFileSync(join(DEMO_MODEL, 'tokenizer.json'), 'utf8'),
      'tokenizer_config.json': readFileSync(join(DEMO_MODEL, 'tokenizer_config.json'), 'utf8'),
    },
  });
  const documents = readFileSync(join(directory, `${domain}.txt`), 'utf8').replace(/\n$/, '').split(DOCUMENT_SEPARATOR);
  const bytes = documents.reduce((sum, document) => sum + Buffer.byteLength(document), 0);
  const windows = documents.flatMap((document) => windowsOf([...tokenizer.encode(document, { special: true }), END_TOKEN]));
  let nats = 0;
  let next = 0;
  const worker = async () => {
    for (let window = windows[next++]; window; window = windows[next++]) {
      const windowSum = await windowNats(signalbox, domain, window);
      nats += windowSum;
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
  return { documents: documents.length, bytes, requests: windows.length, rows: windows.reduce((sum, { input }) => sum + input.length, 0), bitsPerByte: nats / Math.LN2 / bytes };
}

interface UsageAnswer {
  readonly groups: readonly { readonly group: string; readonly requests: number; readonly layers?: readonly { readonly tokens: number; readonly share: readonly number[] }[] }[];
}

interface InformationAnswer {
  readonly layers: readonly { readonly equalWeights: { readonly bits: number; readonly uncorrectedBits: number } }[];
}

async function query<T>({ url, key }: SignalboxUnderTest, path: string): Promise<T> {
  const response = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${key}` } });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}

/** Waits until the query API counts every routed token, then gives its usage by domain. */
async function recordedUsage(signalbox: SignalboxUnderTest, rows: number): Promise<UsageAnswer> {
  for (let attempt = 0; attempt < 600; attempt++) {
    const usage = await query<UsageAnswer>(signalbox, '/api/v1/usage?model=tiny-mixtral&tenant=heldout&groupBy=task');
    const counted = usage.groups.reduce((sum, group) => sum + (group.layers?.[0]?.tokens ?? 0), 0);
    if (counted === rows) return usage;
    if (counted > rows) throw new Error(`the API counts ${counted} tokens, ${rows} were sent`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('the recorded tokens did not arrive');
}

/** Held-out text through the published API: bits per byte, and the usage that the recorded traces give. */
async function main(home: string): Promise<void> {
  const directory = option('text', '');
  if (!directory) throw new Error('Give the folder of the held-out text: --text DIR (one <domain>.txt each, see bench/README.md).');
  const card = readModelCard(join(DEMO_MODEL, 'MODEL_CARD.md'));
  console.log(describeMachine());
  const signalbox = await startSignalbox('heldout', 7195, home, { SIGNALBOX_MIN_REQUESTS: '1' });
  try {
    let rows = 0;
    let worst = 0;
    console.log('\ndomain       documents  bits/byte   card    off by');
    for (const [domain, expected] of card.bitsPerByte) {
      const measured = await measureDomain(signalbox, directory, domain);
      rows += measured.rows;
      const off = measured.bitsPerByte / expected - 1;
      worst = Math.max(worst, Math.abs(off));
      console.log(`${domain.padEnd(12)} ${String(measured.documents).padStart(9)}  ${measured.bitsPerByte.toFixed(4).padStart(9)}  ${expected.toFixed(3)}  ${(off * 100).toFixed(3).padStart(7)} %`);
    }
    console.log(`largest deviation ${(worst * 100).toFixed(3)} % (target 0.5 %)`);

    const usage = await recordedUsage(signalbox, rows);
    const information = await query<InformationAnswer>(signalbox, '/api/v1/information?model=tiny-mixtral&tenant=heldout&by=task');
    console.log('\nlayer  largest deviation of a usage share   mutual information: API, uncorrected, card (bits)');
    for (const [layer, expected] of card.layers.entries()) {
      let deviation = 0;
      for (const group of usage.groups) {
        const shares = expected.shares.get(group.group) ?? [];
        for (const [expert, share] of shares.entries()) deviation = Math.max(deviation, Math.abs(share - (group.layers?.[layer]?.share[expert] ?? 0)));
      }
      const bits = information.layers[layer]?.equalWeights;
      console.log(`${layer}      ${deviation.toFixed(4)}                                ${bits?.bits.toFixed(4)}  ${bits?.uncorrectedBits.toFixed(4)}  ${expected.mutualInformationBits.toFixed(3)}`);
    }
    console.log(`\n${rows} tokens routed and counted`);
  } finally {
    await signalbox.process.stop();
  }
}

await withHome(main);

import { withHome } from '../harness/home.ts';
import { describeMachine } from '../harness/machine.ts';
import { option } from '../harness/options.ts';
import { DEMO_VOCAB_SIZE, type SignalboxUnderTest, startSignalbox } from '../harness/signalbox.ts';
import { format, quantile, summarise } from '../harness/summary.ts';
import { Clients } from './open-loop.ts';

const FIRST_PORT = 7321;
/** Long prompts with no answer to speak of, as the attack sends them. */
const BACKGROUND = { promptTokens: 960, maxTokens: 1, lanes: 4 };
const NEIGHBOUR = { promptTokens: 32, maxTokens: 32 };

type Background = 'none' | 'ordinary' | 'repeated';

/** Latencies of one request after the other, beside prompts of the given kind. */
async function neighbour(clients: Clients, background: Background, requests: number, seed: number): Promise<number[]> {
  const over = new AbortController();
  let next = seed;
  const lane = async (at: number): Promise<void> => {
    while (!over.signal.aborted) await clients.ask({ tenant: `background-${at}`, promptTokens: BACKGROUND.promptTokens, maxTokens: BACKGROUND.maxTokens, seed: next++, deadlineMs: null, isRepetition: background === 'repeated' });
  };
  const lanes = background === 'none' ? [] : Array.from({ length: BACKGROUND.lanes }, (_, at) => lane(at));
  const latencies: number[] = [];
  for (let index = 0; index < requests; index++) {
    const { status, ms } = await clients.ask({ tenant: 'neighbour', ...NEIGHBOUR, seed: seed + index, deadlineMs: null });
    if (status !== 200) throw new Error(`a neighbour's request was answered with ${status}`);
    latencies.push(ms);
  }
  over.abort();
  await Promise.all(lanes);
  return latencies;
}

/** What prompts of one repeated token do to the latency of others, with and without isolating them. */
async function main(home: string): Promise<void> {
  const rounds = Number(option('rounds', '7'));
  const requests = Number(option('requests', '20'));
  console.log(describeMachine());
  console.log(`${requests} requests of ${NEIGHBOUR.promptTokens} + ${NEIGHBOUR.maxTokens} tokens, one after the other, beside ${BACKGROUND.lanes} lanes of prompts of ${BACKGROUND.promptTokens} tokens; ${rounds} rounds in turn`);
  const servers: SignalboxUnderTest[] = [];
  try {
    for (const [index, action] of ['observe', 'isolate'].entries()) servers.push(await startSignalbox(action, FIRST_PORT + index, home, { SIGNALBOX_REPETITION: action, SIGNALBOX_QUEUE_TARGET_MS: '0' }));
    const [observing, isolating] = servers.map(({ target }) => new Clients(target, DEMO_VOCAB_SIZE));
    if (!observing || !isolating) throw new Error('two servers were to be started');
    const cases: readonly { readonly name: string; readonly clients: Clients; readonly background: Background }[] = [
      { name: 'ordinary prompts beside', clients: observing, background: 'ordinary' },
      { name: 'nothing beside', clients: observing, background: 'none' },
      { name: 'repeated token beside, observed', clients: observing, background: 'repeated' },
      { name: 'repeated token beside, isolated', clients: isolating, background: 'repeated' },
    ];
    const medians: number[][] = cases.map(() => []);
    for (let round = -1; round < rounds; round++) {
      for (const [index, { clients, background }] of cases.entries()) {
        const latencies = await neighbour(clients, background, requests, 1000 * (round + 2));
        if (round >= 0) medians[index]?.push(quantile(latencies, 0.5));
      }
    }
    const [ordinary = []] = medians;
    for (const [index, { name }] of cases.entries()) {
      const mine = medians[index] ?? [];
      console.log(`${name}: p50 ${format(summarise(mine), 1)} ms; against ordinary prompts, by round ${format(summarise(mine.map((ms, round) => ms / (ordinary[round] ?? ms))), 2)}`);
    }
    observing.close();
    isolating.close();
  } finally {
    await Promise.all(servers.map((server) => server.process.stop()));
  }
}

await withHome(main);

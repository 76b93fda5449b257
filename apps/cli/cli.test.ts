import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from './program.ts';
import { type Terminal } from './terminal.ts';

interface Reply {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body: unknown;
}
type Handler = (request: IncomingMessage, body: string) => Reply;

const RELEASE = 'a'.repeat(64);
const IMPORT_ID = '0197280f-6000-7000-8000-000000000001';
const WINDOW = { from: '2026-06-01T00:00:00.000Z', to: '2026-06-02T00:00:00.000Z' };
const plain = (text: string): string => text;

let server: Server;
let handlers: Record<string, Handler>;
let url: string;
let out: string[];
let notes: string[];
let controller: AbortController;

beforeEach(async () => {
  handlers = {};
  out = [];
  notes = [];
  controller = new AbortController();
  server = createServer((request: IncomingMessage, response: ServerResponse) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const path = new URL(request.url ?? '/', url).pathname;
      const handler = handlers[`${request.method} ${path}`] ?? ((): Reply => ({ status: 404, body: { type: 'x', status: 404, code: 'not_found', title: 'x', detail: `nothing at ${path}` } }));
      const { status = 200, headers = {}, body } = handler(request, text);
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
});

afterEach(() => server.close());

function run(args: readonly string[], env: Record<string, string> = { SIGNALBOX_URL: url, SIGNALBOX_API_KEY: 'k'.repeat(32) }, { isTty = false, rows = 24 } = {}): Promise<number> {
  const terminal: Terminal = {
    env,
    columns: 80,
    rows,
    isTty,
    colors: { dim: plain, red: plain, yellow: plain, bold: plain },
    signal: controller.signal,
    workingDir: '/work-dir',
    print: (text) => out.push(text),
    note: (text) => notes.push(text),
  };
  return runCli(args, terminal);
}

const shape = { model: 'toy', releases: [RELEASE], window: WINDOW, experts: 2, topK: 1 };
const layer = (number: number, load: number[]) => {
  const sum = load.reduce((a, b) => a + b, 0);
  return { layer: number, tokens: sum, load, share: load.map((count) => count / sum), gateMass: load, flagged: { dropped: 0, rerouted: 0, masked: 0, fallback: 0 } };
};
const information = (bits: number) => ({ bits, uncorrectedBits: bits, biasBits: 0, interval: { low: 0, high: bits, level: 0.95 } });

describe('errors and exit codes', () => {
  it('says where a key comes from when there is none: 4', async () => {
    expect(await run(['routes'], { SIGNALBOX_URL: url })).toBe(4);
    expect(notes.join()).toContain('The first start of Signalbox prints a key, once');
  });

  it('says how to start a server when none answers: 3', async () => {
    expect(await run(['routes'], { SIGNALBOX_URL: 'http://127.0.0.1:1', SIGNALBOX_API_KEY: 'k' })).toBe(3);
    expect(notes.join()).toContain('npm start');
  });

  it('passes on what the server says, by kind', async () => {
    const problem = (status: number): Handler => () => ({ status, body: { type: 'x', status, code: 'x', title: 'x', detail: `because ${status}` } });
    for (const [status, exitCode] of [[400, 2], [401, 4], [403, 4], [404, 5], [410, 5], [500, 1]] as const) {
      handlers['GET /api/v1/traces/abc'] = problem(status);
      expect(await run(['trace', 'abc'])).toBe(exitCode);
      expect(notes.at(-1)).toContain(`because ${status}`);
    }
  });

  it('explains wrong use: 2, and help: 0', async () => {
    expect(await run(['routes', '--by', 'colour'])).toBe(2);
    expect(await run(['keys', 'create', 'x', '--scopes', 'root'])).toBe(2);
    expect(await run(['demo', '--parallel', '0'])).toBe(2);
    expect(await run(['nonsense'])).toBe(2);
    expect(await run(['trace'])).toBe(2);
    expect(notes.join('\n')).toContain('Usage: signalbox trace [options] <request-id>\nsignalbox trace --help tells more.');
    expect(await run(['--help'])).toBe(0);
    expect(out.join('\n')).toContain('Exit codes');
  });
});

describe('routes', () => {
  it('draws the matrix with entropy and balance', async () => {
    handlers['GET /api/v1/usage'] = () => ({ body: { ...shape, groupBy: 'none', omittedGroups: 0, groups: [{ group: '', requests: 9, layers: [layer(0, [3, 1])] }] } });
    handlers['GET /api/v1/balance'] = () => ({
      body: {
        ...shape, requests: 9,
        layers: [{ layer: 0, tokens: 4, entropyBits: 0.81, uncorrectedEntropyBits: 0.8, entropyInterval: { low: 0.7, high: 0.9, level: 0.95 }, designEffect: 1, effectiveExperts: 1.75, normalisedEntropy: 0.81, maxViolation: 0.5, coefficientOfVariation: 0.5, balancedness: 0.67, gini: 0.25, utilisation: [1.5, 0.5], deadExperts: [], gateConfidence: null }],
      },
    });
    expect(await run(['routes'])).toBe(0);
    expect(out.join('\n')).toBe(
      [
        'toy, release aaaaaaaaaaaa, 2026-06-01 00:00 to 2026-06-02 00:00 UTC',
        '9 requests, 4 tokens through each layer, top 1 of 2 experts',
        '',
        'layer   e0   e1       bits  eff  MaxVio',
        '0     ▓ 75 ░ 25  0.81±0.10  1.8    0.50',
        '',
        "Cells: % of the layer's selections, with a sign by load over the fair share:",
        'x none  · below 1/4  ░ below 3/4  ▒ below 1.5  ▓ below 2.5  █ above',
        'bits: entropy, 95% interval, at most 1.00; eff: 2^bits, experts in effect;',
        'MaxVio: how far the busiest is above the mean, 0 is even.',
      ].join('\n'),
    );
  });

  it('says that figures are withheld rather than showing zeros', async () => {
    const withheld = { reason: 'fewer_than_min_requests', minRequests: 5 };
    handlers['GET /api/v1/usage'] = () => ({ body: { ...shape, groupBy: 'none', omittedGroups: 0, groups: [{ group: '', withheld }] } });
    handlers['GET /api/v1/balance'] = () => ({ body: { ...shape, withheld } });
    expect(await run(['routes'])).toBe(0);
    expect(out.join('\n')).toContain('fewer than 5 requests');
  });

  describe('--watch', () => {
    const usage = (requests: number) => ({ body: { ...shape, groupBy: 'none', omittedGroups: 0, groups: [{ group: '', requests, layers: [layer(0, [3, 1])] }] } });
    /** Answers with each in turn, then stops as Ctrl-C does. */
    const answerWith = (...replies: Reply[]): void => {
      let asked = 0;
      handlers['GET /api/v1/balance'] = () => ({ body: { ...shape } });
      handlers['GET /api/v1/usage'] = () => {
        const reply = replies[(asked += 1) - 1];
        if (!reply) controller.abort();
        return reply ?? usage(0);
      };
    };

    it('draws in place until Ctrl-C: 130', async () => {
      answerWith(usage(5), usage(6));
      expect(await run(['routes', '--watch', '0.1'], undefined, { isTty: true })).toBe(130);
      expect(out).toHaveLength(2);
      expect(out[0]?.startsWith('\u001b[2J\u001b[Htoy, release')).toBe(true);
      expect(out[1]?.startsWith('\u001b[Htoy, release')).toBe(true);
      expect(out[1]).toContain('6 requests');
      expect(out[1]).toContain('Every 0.1 s. Ctrl-C ends it.\u001b[K\u001b[J');
    });

    it('leaves out what the window does not hold', async () => {
      answerWith(usage(5));
      await run(['routes', '--watch', '0.1'], undefined, { isTty: true, rows: 6 });
      expect(out[0]?.split('\n')).toHaveLength(5);
      expect(out[0]).toContain('more lines');
    });

    it('outlives a server that fails, and ends when the key is refused: 4', async () => {
      const problem = (status: number): Reply => ({ status, body: { type: 'x', status, code: 'x', title: 'x', detail: `because ${status}` } });
      answerWith(usage(5), problem(503), usage(7), problem(401));
      expect(await run(['routes', '--watch', '0.1'])).toBe(4);
      expect(out.map((text) => /(\d) requests|because \d+/.exec(text)?.[0])).toEqual(['5 requests', 'because 503', '7 requests']);
      expect(out.join()).not.toContain('\u001b');
    });

    it('refuses a wrong time', async () => {
      expect(await run(['routes', '--watch', '0'])).toBe(2);
      expect(notes.join('\n')).toContain('Give seconds from 0.1 to 3600.');
    });
  });

  it('sends its filters, and gives CSV by segment', async () => {
    let asked = '';
    handlers['GET /api/v1/usage'] = (request) => {
      asked = request.url ?? '';
      return { body: { ...shape, groupBy: 'task', omittedGroups: 0, groups: [{ group: 'code', requests: 9, layers: [layer(3, [3, 1])] }, { group: 'rare', withheld: { reason: 'fewer_than_min_requests', minRequests: 5 } }] } };
    };
    handlers['GET /api/v1/information'] = () => ({ body: { ...shape, by: 'task', segments: ['code'], withheldSegments: 1, minRequests: 5, layers: [] } });
    expect(await run(['routes', '--by', 'task', '--layer', '3', '--tenant', 'a b', '--csv'])).toBe(0);
    expect(asked).toBe('/api/v1/usage?layer=3&tenant=a+b&groupBy=task');
    expect(out.join('\n')).toBe('group,layer,expert,load,share,gate_mass\ncode,3,0,3,0.75,3\ncode,3,1,1,0.25,1\nrare,,,,,');
  });
});

it('lists experts with their memory, and says what a run is', async () => {
  const expert = (index: number, runs: number) => ({ layer: 0, expert: index, tokens: runs * 3, runs, latencyMs: { p50: runs > 0 ? 0.05 : null, p95: null, p99: null }, weightBytes: 491_720 });
  handlers['GET /api/v1/experts'] = () => ({ body: { model: 'toy', release: RELEASE, window: WINDOW, experts: [expert(0, 4), expert(1, 0)] } });
  expect(await run(['experts'])).toBe(0);
  const text = out.join('\n');
  expect(text).toContain('0      e0          12     4   0.050                  480.2 KiB');
  expect(text).toContain('2 experts, 960.4 KiB of weights as stored; 1 did not run.');
  expect(text).toContain('A run is one call of an expert in one step of the engine');
});

it('tells who signed a release, and whether that counts', async () => {
  const key = 'e'.repeat(64);
  handlers['GET /api/v1/trusted-keys'] = () => ({ body: { items: [{ keyId: key, name: 'training team', pem: 'x', addedBy: 'user:1', addedAt: '2026-06-01T00:00:00.000Z', revokedBy: null, revokedAt: null, revokeReason: null }], nextCursor: null } });
  const signature = { id: '0197280f-6000-4000-8000-000000000001', kind: 'release', digest: RELEASE, keyId: key, addedBy: 'user:2', verifiedAt: '2026-06-01T00:00:00.000Z', standing: 'valid', detail: null, bundle: {} };
  handlers[`GET /api/v1/signatures/release/${RELEASE}`] = () => ({ body: { items: [signature], nextCursor: null } });
  expect(await run(['trust', 'signatures', 'release', RELEASE])).toBe(0);
  expect(out.at(-1)).toMatch(/eeeeeeeeeeee +training team +valid +2026-06-01 00:00 +user:2/);
  handlers[`GET /api/v1/signatures/release/${RELEASE}`] = () => ({ body: { items: [], nextCursor: null } });
  expect(await run(['trust', 'signatures', 'release', RELEASE])).toBe(0);
  expect(out.at(-1)).toContain(`signalbox sign release ${RELEASE} --key FILE`);
});

it('tells a user of the shell where to look', async () => {
  handlers['GET /api/v1/usage'] = () => ({ status: 404, body: { type: 'x', status: 404, code: 'model_not_found', title: 'x', detail: 'Query field model: no model of that name; GET /api/v1/models lists them.', field: 'model' } });
  expect(await run(['routes', '--model', 'x'])).toBe(5);
  expect(notes.at(-1)).toBe('signalbox: model: no model of that name.\nsignalbox releases lists the models.');
  const missing = (code: string, title: string, detail: string) => () => ({ status: 404, body: { type: 'x', status: 404, code, title, detail } });
  handlers['GET /api/v1/rollouts/x'] = missing('rollout_not_found', 'No such rollout', 'Path field rolloutId: GET /api/v1/rollouts lists them.');
  expect(await run(['rollout', 'status', 'x'])).toBe(5);
  expect(notes.at(-1)).toBe('signalbox: No such rollout.\nsignalbox rollout status lists them.');
  handlers['POST /api/v1/trusted-keys/x/revocation'] = missing('key_not_found', 'No such key', 'Path field keyId: GET /api/v1/trusted-keys lists the keys.');
  expect(await run(['trust', 'revoke', 'x', '--reason', 'lost'])).toBe(5);
  expect(notes.at(-1)).toBe('signalbox: No such key.\nsignalbox trust list lists them.');
});

describe('import', () => {
  const job = (state: string, doneBytes: number) => ({
    id: IMPORT_ID, directory: '/work-dir/m', model: 'm', state, progress: { phase: 'writing', doneBytes, totalBytes: 10 },
    releaseId: state === 'succeeded' ? RELEASE : null, derivation: null, summary: state === 'succeeded' ? 'expert release' : null, warnings: state === 'succeeded' ? ['The engine does not use model.extra.'] : [], error: state === 'failed' ? { code: 'truncated-file', message: 'model.safetensors ends early: copy it again.' } : null,
    createdAt: WINDOW.from, finishedAt: null,
  });

  it('resolves the folder, follows the import and says whether it answers', async () => {
    let posted: unknown;
    let polls = 0;
    handlers['POST /api/v1/imports'] = (_, body) => {
      posted = JSON.parse(body);
      return { status: 202, body: job('queued', 0) };
    };
    handlers[`GET /api/v1/imports/${IMPORT_ID}`] = () => ({ body: job((polls += 1) < 2 ? 'running' : 'succeeded', polls * 5) });
    handlers['GET /api/v1/models'] = () => ({ body: { items: [{ model: 'm', releaseId: RELEASE, previousRelease: null, canary: null, shadow: null, generation: 1, activatedAt: WINDOW.from }], nextCursor: null } });
    expect(await run(['import', 'm', '--activate'])).toBe(0);
    expect(posted).toEqual({ directory: '/work-dir/m', model: 'm', activate: true });
    expect(out).toContain('expert release');
    expect(notes).toContain('warning: The engine does not use model.extra.');
    expect(out.join('\n')).toContain('It is activated: m answers with it as soon as it is loaded.');
  });

  it('tells what is wrong with the checkpoint: 1', async () => {
    handlers['POST /api/v1/imports'] = () => ({ status: 202, body: job('failed', 0) });
    expect(await run(['import', 'm'])).toBe(1);
    expect(notes.join()).toContain('ends early');
  });

  it('cancels the import on Ctrl-C: 130', async () => {
    let cancelled = false;
    handlers['POST /api/v1/imports'] = () => ({ status: 202, body: job('queued', 0) });
    handlers[`GET /api/v1/imports/${IMPORT_ID}`] = () => {
      controller.abort();
      return { body: job('running', 1) };
    };
    handlers[`DELETE /api/v1/imports/${IMPORT_ID}`] = () => {
      cancelled = true;
      return { status: 202, body: job('cancelled', 1) };
    };
    expect(await run(['import', 'm'])).toBe(130);
    expect(cancelled).toBe(true);
  });
});

describe('demo', () => {
  it('replays the prompts, waits for a busy server, waits until all is recorded, and shows the difference', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'signalbox-demo-'));
    await writeFile(join(folder, 'a.jsonl'), Array.from({ length: 3 }, (_, i) => JSON.stringify({ prompt: `p${i}`, task: 'code', language: 'en' })).join('\n'));
    await writeFile(join(folder, 'b.jsonl'), Array.from({ length: 3 }, (_, i) => JSON.stringify({ prompt: `q${i}`, task: 'prose', language: 'de' })).join('\n'));
    const answered: { metadata: unknown }[] = [];
    let busy = 2;
    let looks = 0;
    const requestIdOf = (index: number): string => `0197280f-6000-7000-8000-00000000000${index}`;
    handlers['GET /api/v1/models'] = () => ({ body: { items: [{ model: 'toy', releaseId: RELEASE, previousRelease: null, canary: null, shadow: null, generation: 1, activatedAt: null }], nextCursor: null } });
    handlers['POST /v1/completions'] = (_, body): Reply => {
      if ((busy -= 1) >= 0) return { status: 429, headers: { 'retry-after': '0' }, body: { error: { message: 'busy' } } };
      answered.push(JSON.parse(body) as { metadata: unknown });
      return { headers: { 'x-request-id': requestIdOf(answered.length) }, body: {} };
    };
    handlers['GET /api/v1/traces'] = () => {
      looks += 1;
      const items = Array.from({ length: looks < 2 ? 3 : 6 }, (_, i) => ({
        requestId: requestIdOf(i + 1), at: WINDOW.from, model: 'toy', releaseId: RELEASE, segment: { tenant: 'demo', task: '', language: '' }, status: 'answered',
        promptTokens: 1, completionTokens: 1, routedTokens: 1, queueWaitMs: 0, timeToFirstTokenMs: 0, durationMs: 1, flags: [], isPinned: false, degraded: null, answerCheck: null, dataRules: null,
      }));
      return { body: { items, nextCursor: null } };
    };
    handlers['GET /api/v1/usage'] = () => ({ body: { ...shape, groupBy: 'task', omittedGroups: 0, groups: [{ group: 'code', requests: 3, layers: [layer(0, [1, 1]), layer(1, [9, 1])] }, { group: 'prose', requests: 3, layers: [layer(0, [1, 1]), layer(1, [1, 9])] }] } });
    handlers['GET /api/v1/information'] = () => ({
      body: {
        ...shape, by: 'task', segments: ['code', 'prose'], withheldSegments: 0, minRequests: 1,
        layers: [{ layer: 0, equalWeights: information(0), pooled: information(0), segments: [] }, { layer: 1, equalWeights: information(0.53), pooled: information(0.53), segments: [{ segment: 'code', distanceBits: 0.15 }, { segment: 'prose', distanceBits: 0.15 }] }],
      },
    });
    try {
      expect(await run(['demo', '--prompts', folder, '--parallel', '2'])).toBe(0);
    } finally {
      await rm(folder, { recursive: true });
    }
    // Two at a time: which of them comes first is open.
    const sent = [{ tenant: 'demo', task: 'code', language: 'en' }, { tenant: 'demo', task: 'prose', language: 'de' }];
    for (const metadata of sent) expect(answered.filter((one) => isDeepStrictEqual(one.metadata, metadata))).toHaveLength(3);
    expect(answered).toHaveLength(6);
    const text = out.join('\n');
    expect(text).toContain('Layer 1, where domains differ most');
    expect(text).toContain('code   ▓ 90 · 10         3      0.15');
    expect(text).toContain('code   e0 90% (1.8 x the mean), e1 10% (0.2 x the mean)');
  });
});

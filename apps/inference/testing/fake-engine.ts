import {
  type EngineStatus,
  type ReleaseHealthReport,
  EngineBusyError,
  type Engine,
  type GenerateEvent,
  type GenerateOutcome,
  type GenerateRequest,
  type PositionLogprobs,
  type TokenLogprob,
} from '#libs/runtime/engine/engine';
import { type ExpertMask } from '#libs/moe/expert-mask';
import { type ReleaseManifest } from '#libs/runtime/engine/release-source';
import { type ActiveModel, type ActiveRelease, ChatRefusedError, type PromptTokenizer } from '../models/served-release.ts';

export const FAKE_RELEASE_ID = 'a'.repeat(64);
export const VOCABULARY = 256;
const BOS = 0;

/** Latin-1: a token is a character; 0 is the beginning of text. */
export const fakeTokenizer: PromptTokenizer = {
  encode: (text, addSpecial) => Uint32Array.from([...(addSpecial ? [BOS] : []), ...Buffer.from(text, 'latin1')]),
  canChat: true,
  encodeChat: (turns) => {
    if (turns.some((turn) => turn.content === 'refuse me')) throw new ChatRefusedError('no such turn');
    return Uint32Array.from([BOS, ...Buffer.from(turns.map((turn) => turn.content).join('\n'), 'latin1')]);
  },
  decode: (ids) => Buffer.from(ids.filter((id) => id !== BOS)).toString('latin1'),
  token: (id) => ({ text: id === BOS ? '<s>' : String.fromCharCode(id), bytes: id === BOS ? [...Buffer.from('<s>')] : [id] }),
  isSpecial: (id) => id === BOS,
};

export const FAKE_MANIFEST: ReleaseManifest = {
  format: 'signalbox.release/1',
  model: 'fake',
  architecture: 'mixtral',
  shape: {
    vocabSize: VOCABULARY, hiddenSize: 8, layers: 2, experts: 4, expertWidth: 8, attentionHeads: 1, keyValueHeads: 1, headSize: 8,
    contextTokens: 64, rmsNormEpsilon: 1e-5, ropeTheta: 1e4, slidingWindowTokens: null, tiedHead: false, bosTokenId: BOS, eosTokenIds: [1],
  },
  routing: { gating: 'softmax-topk', topK: 2, normalise: true },
  components: {},
};

export const FAKE_RELEASE: ActiveRelease = {
  model: 'fake', releaseId: FAKE_RELEASE_ID, manifest: FAKE_MANIFEST, components: {},
};

export const FAKE_ACTIVE: ActiveModel = {
  activation: { model: 'fake', stable: FAKE_RELEASE_ID, previous: null, canary: null, shadow: null, generation: 1 },
  activatedAtMs: 1_700_000_000_000,
  releases: [FAKE_RELEASE],
};

export type FakeMode = 'answer' | 'busy' | 'fail' | 'throw' | 'hang';

/** Answers with the alphabet. In mode `hang` each choice waits after its second token for the abort. */
export class FakeEngine implements Pick<Engine, 'load' | 'unload' | 'generate' | 'status' | 'close' | 'drainFigures' | 'quarantine' | 'health'> {
  mode: FakeMode = 'answer';
  /** Releases that have too few experts left to answer. */
  readonly exhausted = new Set<string>();
  /** What every answer says of its decisions. */
  flagged: GenerateOutcome['flagged'] = null;
  readonly requests: GenerateRequest[] = [];
  readonly outcomes: GenerateOutcome[] = [];
  aborts = 0;
  mostAtOnce = 0;
  #running = 0;

  /** What quarantine was called with, by release. */
  readonly quarantines = new Map<string, ExpertMask | null>();
  healthReport: ReleaseHealthReport = {
    experts: [],
    counts: { healthy: 8, quarantined: 0, open: 0, halfOpen: 0 },
    failures: { error: 0, 'not-finite': 0, timeout: 0, slow: 0, 'wrong-output': 0 },
    exhaustedLayers: [],
  };

  async quarantine(releaseId: string, mask: ExpertMask | null): Promise<void> {
    this.quarantines.set(releaseId, mask);
  }
  async health(): Promise<ReleaseHealthReport> {
    return this.healthReport;
  }
  async load(): Promise<void> {}
  async unload(): Promise<void> {}
  async close(): Promise<void> {}
  async drainFigures(): Promise<[]> {
    return [];
  }
  status(): EngineStatus {
    return { running: 0, queued: 0, weightBytes: 0, sessions: { resident: 0, made: 0, shared: 0 }, releases: [] };
  }

  async *generate(request: GenerateRequest, signal: AbortSignal): AsyncGenerator<GenerateEvent> {
    this.requests.push(request);
    this.#running += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#running);
    try {
      yield* this.#run(request, signal);
    } finally {
      this.#running -= 1;
    }
  }

  async *#run(request: GenerateRequest, signal: AbortSignal): AsyncGenerator<GenerateEvent> {
    if (this.mode === 'busy') throw new EngineBusyError(3);
    if (this.mode === 'throw') throw new Error('the worker died');
    yield { type: 'started', queueWaitMs: 1 };
    if (this.exhausted.has(request.releaseId)) {
      yield { type: 'finished', outcome: { ...outcomeOf(request, 0, 'failed'), failure: 'experts-exhausted' } };
      return;
    }
    if (request.promptLogprobs !== null) {
      const positions = [...request.promptTokens].map((id, index) => (index === 0 ? null : position(id, request.promptLogprobs ?? 0)));
      yield { type: 'prompt-logprobs', positions };
    }
    const ids = Array.from({ length: request.maxTokens }, (_, i) => 97 + (i % 26));
    let sent = 0;
    let cancelled = signal.aborted;
    for (const [index, id] of ids.entries()) {
      if (this.mode === 'hang' && index === 2) await aborted(signal);
      cancelled = signal.aborted;
      if (cancelled) break;
      sent = index + 1;
      for (let choice = 0; choice < request.choices; choice++) {
        const logprobs = request.logprobs === null ? null : [position(id, request.logprobs)];
        yield { type: 'delta', choice, text: fakeTokenizer.token(id).text, tokenIds: [id], logprobs };
      }
      cancelled = signal.aborted;
    }
    if (cancelled) this.aborts += 1;
    const status = this.mode === 'fail' ? 'failed' : cancelled ? 'cancelled' : 'answered';
    if (status === 'answered') {
      for (let choice = 0; choice < request.choices; choice++) yield { type: 'choice-finished', choice, reason: 'length', stopText: null };
    }
    const outcome = { ...outcomeOf(request, sent, status), flagged: this.flagged };
    this.outcomes.push(outcome);
    yield { type: 'finished', outcome };
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function tokenLogprob(tokenId: number, logprob: number): TokenLogprob {
  return { tokenId, ...fakeTokenizer.token(tokenId), logprob };
}

function position(id: number, alternatives: number): PositionLogprobs {
  return { ...tokenLogprob(id, -0.5), top: Array.from({ length: alternatives }, (_, i) => tokenLogprob((id + i) % VOCABULARY, -0.5 - i)) };
}

/** Row r in layer l selects experts (r + l) mod 4 and the next. */
function outcomeOf(request: GenerateRequest, sent: number, status: GenerateOutcome['status']): GenerateOutcome {
  const rowsPerChoice = Math.max(0, sent - 1);
  const rows = request.promptTokens.length + request.choices * rowsPerChoice;
  const { shape, routing } = FAKE_MANIFEST;
  const expertIds = new Uint16Array(rows * shape.layers * routing.topK);
  for (let i = 0; i < expertIds.length; i++) {
    const row = Math.floor(i / (shape.layers * routing.topK));
    expertIds[i] = (row + (Math.floor(i / routing.topK) % shape.layers) + (i % routing.topK)) % shape.experts;
  }
  return {
    status,
    error: status === 'failed' ? 'an expert broke' : null,
    promptTokens: request.promptTokens.length,
    completionTokens: sent * request.choices,
    promptRows: request.promptTokens.length,
    choiceRows: Array.from({ length: request.choices }, () => rowsPerChoice),
    tokenIds: new Uint32Array(rows),
    expertIds,
    gates: new Float32Array(expertIds.length).fill(0.5),
    flagged: null,
    timing: { queueWaitMs: 1, timeToFirstTokenMs: 2, prefillMs: 1, decodeMs: 3 },
  };
}

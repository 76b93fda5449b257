import { createRequire } from 'node:module';
import { env, type InferenceSession } from 'onnxruntime-node';

/** What this project uses of a session, public or direct. */
export interface Session {
  readonly inputMetadata: readonly InferenceSession.ValueMetadata[];
  run(feeds: InferenceSession.FeedsType): Promise<InferenceSession.ReturnType>;
  /** A run that has ended when it returns; left out where the session cannot. */
  runNow?(feeds: InferenceSession.FeedsType): InferenceSession.ReturnType;
  release(): Promise<void>;
}

/** onnxruntime-node's own binding, as its lib/binding.ts declares it. */
interface NativeSession {
  loadModel(buffer: ArrayBufferLike, byteOffset: number, byteLength: number, options: InferenceSession.SessionOptions): void;
  readonly inputMetadata: readonly { readonly name: string; readonly shape: readonly number[]; readonly symbolicDimensions: readonly string[] }[];
  readonly outputMetadata: readonly { readonly name: string }[];
  run(feeds: InferenceSession.FeedsType, fetches: Readonly<Record<string, null>>, options: InferenceSession.RunOptions): InferenceSession.ReturnType;
  dispose(): void;
}

interface Binding {
  readonly initOrt: () => void;
  readonly binding: { readonly InferenceSession: new () => NativeSession };
}

/**
 * Versions whose binding is known to be as above. It is not part of the package's interface, so
 * another version takes the public way, which is slower and gives the same bits (direct-session.test.ts
 * runs both; add a version here once it passes).
 */
const KNOWN_VERSIONS: ReadonlySet<string> = new Set(['1.30.0']);

const NO_OPTIONS: InferenceSession.RunOptions = {};

/**
 * Makes a session that runs when it is called. The package's own `run` does the same work on the same
 * thread, but waits for a turn of the event loop before each run; a token of a small model takes
 * some twenty runs, one after the other, and nothing else can use the thread in between.
 * @returns null where this version of onnxruntime-node is not known to allow it
 */
export function openDirectSession(model: Uint8Array, options: InferenceSession.SessionOptions, version = env.versions.node): Required<Session> | null {
  const native = version !== undefined && KNOWN_VERSIONS.has(version) ? loadBinding() : null;
  if (native === null) return null;
  native.initOrt();
  const session = new native.binding.InferenceSession();
  session.loadModel(model.buffer, model.byteOffset, model.byteLength, options);
  const fetches = Object.fromEntries(session.outputMetadata.map(({ name }) => [name, null]));
  const runNow = (feeds: InferenceSession.FeedsType) => session.run(feeds, fetches, NO_OPTIONS);
  return {
    // All inputs of our graphs are tensors; their type is the graph's own business.
    inputMetadata: session.inputMetadata.map(({ name, shape, symbolicDimensions }) => ({
      name,
      isTensor: true,
      type: 'float32',
      shape: shape.map((size, axis) => (size < 0 ? symbolicDimensions[axis]! : size)),
    })),
    runNow,
    // eslint-disable-next-line @typescript-eslint/require-await -- what a run throws is to reject
    run: async (feeds) => runNow(feeds),
    // eslint-disable-next-line @typescript-eslint/require-await
    release: async () => session.dispose(),
  };
}

function loadBinding(): Binding | null {
  const loaded = createRequire(import.meta.url)('onnxruntime-node/dist/binding.js') as Partial<Binding>;
  return typeof loaded.initOrt === 'function' && typeof loaded.binding?.InferenceSession === 'function' ? (loaded as Binding) : null;
}

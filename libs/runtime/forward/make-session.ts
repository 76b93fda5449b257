import { createHash } from 'node:crypto';
import { dirname, join, relative, sep } from 'node:path';
import { InferenceSession } from 'onnxruntime-node';
import { encodeModel } from '../onnx/encode-model.ts';
import { type OnnxModel } from '../onnx/model.ts';
import { type ComponentWeights } from './component-weights.ts';
import { openDirectSession, type Session } from './direct-session.ts';
import { type ExecutionProvider } from './engine-plan.ts';

/**
 * What determines a session: its graph, in which each constant names the component version it lies
 * in and where, and its threads.
 */
export function sessionKey(model: OnnxModel, threads: number): string {
  return `${createHash('sha256').update(encodeModel(model)).digest('hex')} ${threads}`;
}

/**
 * Makes a session of a model whose constants lie in `components`. ONNX Runtime reads them from the
 * component files as they are; nothing is written or copied.
 */
export async function makeSession(model: OnnxModel, components: readonly ComponentWeights[], threads: number, provider: ExecutionProvider = 'cpu'): Promise<Session> {
  const folder = commonFolder(components.map(({ path }) => path));
  const places = new Map(components.map(({ location, path }) => [location, relative(folder, path)]));
  const constants = model.constants.map((constant) => {
    if (!('location' in constant)) return constant;
    const location = places.get(constant.location);
    if (location === undefined) throw new Error(`graph ${model.name} names ${constant.location}, which is none of its components`);
    return { ...constant, location };
  });
  const bytes = encodeModel({ ...model, constants });
  const options = sessionOptions(threads, folder, provider);
  return (provider === 'cpu' ? openDirectSession(bytes, options) : null) ?? (await InferenceSession.create(bytes, options));
}

/** The deepest folder above all paths: ONNX Runtime refuses constants outside the folder it is given. */
function commonFolder(paths: readonly string[]): string {
  let folder = dirname(paths[0] ?? '.');
  while (!paths.every((path) => path.startsWith(join(folder, sep)))) folder = dirname(folder);
  return folder;
}

function sessionOptions(threads: number, folder: string, provider: ExecutionProvider): InferenceSession.SessionOptions {
  return {
    // What the first cannot run, the processor does.
    executionProviders: provider === 'cpu' ? ['cpu'] : [provider, 'cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
    extra: {
      session: {
        model_external_initializers_file_folder_path: folder,
        // Threads that spin between runs slow each other down 18 to 32 times when cores are shared.
        intra_op: { allow_spinning: '0' },
        // A softmax leaves denormals where a row may not look, and arithmetic on them halves prefill.
        // ONNX Runtime heeds this for the thread that makes the process's first session, and its pools;
        // on another thread prefill is slower, the bits are the same.
        set_denormal_as_zero: '1',
      },
    },
  };
}

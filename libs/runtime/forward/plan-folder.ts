import { copyFile, link, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InferenceSession } from 'onnxruntime-node';
import { encodeModel } from '../onnx/encode-model.ts';
import { type OnnxModel } from '../onnx/model.ts';
import { type ComponentWeights } from './component-weights.ts';

/**
 * A folder that lives while a release loads: models beside hard links to the component files that
 * they name as external data. ONNX Runtime refuses data outside the model's folder, symbolic links
 * included; a hard link copies nothing. Sessions need none of it once they exist.
 */
export class PlanFolder {
  readonly #path: string;
  readonly #linked = new Set<string>();

  private constructor(path: string) {
    this.#path = path;
  }

  /** Makes a folder of its own, and removes what processes killed during a load left long ago. */
  static async create(plansDirectory: string, nowMs: number): Promise<PlanFolder> {
    await mkdir(plansDirectory, { recursive: true });
    for (const name of await readdir(plansDirectory)) {
      const path = join(plansDirectory, name);
      if (name.startsWith(PREFIX) && (await ageMs(path, nowMs)) > ABANDONED_AFTER_MS) await rm(path, { recursive: true, force: true });
    }
    return new PlanFolder(await mkdtemp(join(plansDirectory, PREFIX)));
  }

  /** Makes a session of a model whose constants lie in `components`. */
  async session(model: OnnxModel, components: readonly ComponentWeights[], threads: number): Promise<InferenceSession> {
    for (const component of components) await this.#link(component);
    const path = join(this.#path, `${model.name}.onnx`);
    await writeFile(path, encodeModel(model));
    return InferenceSession.create(path, sessionOptions(threads));
  }

  async remove(): Promise<void> {
    await rm(this.#path, { recursive: true, force: true });
  }

  async #link(component: ComponentWeights): Promise<void> {
    if (this.#linked.has(component.location)) return;
    const target = join(this.#path, component.location);
    try {
      await link(component.path, target);
    } catch {
      // Another file system, or one without links: a copy works the same.
      await copyFile(component.path, target);
    }
    this.#linked.add(component.location);
  }
}

const PREFIX = 'plan-';
/** No load lasts this long: an older folder belongs to a process that is gone. */
const ABANDONED_AFTER_MS = 24 * 3_600_000;

/** Milliseconds since the folder was last changed; 0 when another process has just removed it. */
async function ageMs(path: string, nowMs: number): Promise<number> {
  try {
    return nowMs - (await stat(path)).mtimeMs;
  } catch {
    return 0;
  }
}

function sessionOptions(threads: number): InferenceSession.SessionOptions {
  return {
    executionProviders: ['cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
    extra: {
      session: {
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

import { compareComponents, type TensorComparison } from '#libs/checkpoint/components/compare-components';
import { readTensorTable } from '#libs/checkpoint/components/component-file';
import { type ComponentStore } from '#libs/checkpoint/components/component-store';
import { TOKENIZER, type ComponentName, type Sha256 } from '#libs/release/component';
import { bytesInMemory } from '#libs/release/quantised-tensor';
import { type ComponentFilesPort } from './registry-ports.ts';

/** Sizes kept in memory: a few bytes each, and a version never changes. */
const MAX_SIZES = 200_000;

/** Reads the files of component versions. */
export class ComponentFiles implements ComponentFilesPort {
  readonly #store: Pick<ComponentStore, 'has' | 'pathOf'>;
  readonly #weightBytes = new Map<Sha256, number>();

  constructor(store: Pick<ComponentStore, 'has' | 'pathOf'>) {
    this.#store = store;
  }

  has(sha256: Sha256): Promise<boolean> {
    return this.#store.has(sha256);
  }

  async tensors(sha256: Sha256): ReturnType<ComponentFilesPort['tensors']> {
    return (await readTensorTable(this.#store.pathOf(sha256))).tensors;
  }

  async weightBytes(name: ComponentName, sha256: Sha256): Promise<number> {
    if (name === TOKENIZER) return 0;
    const known = this.#weightBytes.get(sha256);
    if (known !== undefined) return known;
    let bytes = 0;
    for (const tensor of (await this.tensors(sha256)).values()) bytes += bytesInMemory(tensor);
    if (this.#weightBytes.size >= MAX_SIZES) this.#weightBytes.clear();
    this.#weightBytes.set(sha256, bytes);
    return bytes;
  }

  compare(a: Sha256, b: Sha256): Promise<readonly TensorComparison[]> {
    return compareComponents(this.#store.pathOf(a), this.#store.pathOf(b));
  }
}

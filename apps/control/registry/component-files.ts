import { compareComponents, type TensorComparison } from '#libs/checkpoint/components/compare-components';
import { readTensorTable } from '#libs/checkpoint/components/component-file';
import { type ComponentStore } from '#libs/checkpoint/components/component-store';
import { TOKENIZER, type ComponentName, type Sha256 } from '#libs/release/component';
import { type ComponentFilesPort } from './registry-ports.ts';

/** Counts kept in memory: a few bytes each, and a version never changes. */
const MAX_COUNTS = 200_000;

/** Reads the files of component versions. */
export class ComponentFiles implements ComponentFilesPort {
  readonly #store: Pick<ComponentStore, 'has' | 'pathOf'>;
  readonly #elements = new Map<Sha256, number>();

  constructor(store: Pick<ComponentStore, 'has' | 'pathOf'>) {
    this.#store = store;
  }

  has(sha256: Sha256): Promise<boolean> {
    return this.#store.has(sha256);
  }

  async tensors(sha256: Sha256): ReturnType<ComponentFilesPort['tensors']> {
    return (await readTensorTable(this.#store.pathOf(sha256))).tensors;
  }

  async elements(name: ComponentName, sha256: Sha256): Promise<number> {
    if (name === TOKENIZER) return 0;
    const known = this.#elements.get(sha256);
    if (known !== undefined) return known;
    let count = 0;
    for (const { shape } of (await this.tensors(sha256)).values()) count += shape.reduce((product, size) => product * size, 1);
    if (this.#elements.size >= MAX_COUNTS) this.#elements.clear();
    this.#elements.set(sha256, count);
    return count;
  }

  compare(a: Sha256, b: Sha256): Promise<readonly TensorComparison[]> {
    return compareComponents(this.#store.pathOf(a), this.#store.pathOf(b));
  }
}

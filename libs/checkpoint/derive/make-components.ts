import { createHash } from 'node:crypto';
import { type ComponentName } from '#libs/release/component';
import { type ComponentStore } from '../components/component-store.ts';
import { type ImportedComponent, type ImportProgress } from '../import-checkpoint.ts';
import { ImportJournal } from '../import-journal.ts';
import { DeriveError } from './derive-error.ts';

/** A component to be made. */
export interface ComponentOrder {
  readonly name: ComponentName;
  /** Names what its bytes are made of and how: equal text, equal bytes. */
  readonly recipe: string;
  /** Bytes that are read for it, for the progress. */
  readonly sourceBytes: number;
  readonly content: (signal: AbortSignal) => Promise<AsyncIterable<Uint8Array>>;
}

export interface MakeRequest {
  readonly store: ComponentStore;
  /** Folder for the journal by which an interrupted run goes on. */
  readonly journalDirectory: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: ImportProgress) => void;
}

/**
 * Makes components one after the other. Nothing enters the store before all are made; what an aborted or
 * killed run has made is found again by the next one with the same orders.
 * @throws DeriveError naming the component; the signal's reason when aborted
 */
export async function makeComponents(orders: readonly ComponentOrder[], request: MakeRequest): Promise<readonly ImportedComponent[]> {
  const { store, signal = new AbortController().signal, onProgress = () => undefined } = request;
  const area = createHash('sha256').update(JSON.stringify(orders.map(({ name, recipe }) => [name, recipe]))).digest('hex').slice(0, 32);
  const journal = await ImportJournal.open(request.journalDirectory, `derive-${area}`);
  const bytesTotal = orders.reduce((sum, { sourceBytes }) => sum + sourceBytes, 0);
  const made: ImportedComponent[] = [];
  let bytesDone = 0;
  for (const order of orders) {
    signal.throwIfAborted();
    onProgress({ phase: 'writing', bytesDone, bytesTotal, component: order.name });
    made.push({ name: order.name, ...(await makeOne(order, { store, journal, area, signal })) });
    bytesDone += order.sourceBytes;
  }
  onProgress({ phase: 'publishing', bytesDone, bytesTotal, component: null });
  await store.publish(area, made.map(({ sha256 }) => sha256));
  await store.discard(area);
  await journal.remove();
  return made;
}

interface Place {
  readonly store: ComponentStore;
  readonly journal: ImportJournal;
  readonly area: string;
  readonly signal: AbortSignal;
}

async function makeOne({ name, recipe, content }: ComponentOrder, { store, journal, area, signal }: Place): Promise<Omit<ImportedComponent, 'name'>> {
  const known = journal.find(recipe);
  if (known !== null && (await store.findStaged(area, known.sha256)) === known.sizeBytes) {
    return { sha256: known.sha256, sizeBytes: known.sizeBytes, reused: await store.has(known.sha256) };
  }
  try {
    const written = await store.stage(area, await content(signal));
    await journal.add(recipe, written);
    return written;
  } catch (error) {
    if (error instanceof DeriveError && error.component === null) throw new DeriveError(error.reason, `${name}: ${error.message}`, name);
    throw error;
  }
}

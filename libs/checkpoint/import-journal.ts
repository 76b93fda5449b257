import { appendFile, mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type StoredComponent } from './components/component-store.ts';

const lineSchema = z.object({
  source: z.string(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  sizeBytes: z.int().nonnegative(),
});

/**
 * What an unfinished import has already written: a JSON line for each finished component. `source`
 * identifies the bytes it was made from, so a changed checkpoint never matches an old line. A lost or
 * torn line only means that one component is written again.
 */
export class ImportJournal {
  private readonly path: string;
  private readonly finished: Map<string, StoredComponent>;

  private constructor(path: string, finished: Map<string, StoredComponent>) {
    this.path = path;
    this.finished = finished;
  }

  static async open(folder: string, name: string): Promise<ImportJournal> {
    await mkdir(folder, { recursive: true });
    const path = join(folder, `${name}.jsonl`);
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '';
      throw error;
    });
    const finished = new Map<string, StoredComponent>();
    for (const line of text.split('\n')) {
      const parsed = lineSchema.safeParse(parseLine(line));
      if (parsed.success) finished.set(parsed.data.source, parsed.data);
    }
    return new ImportJournal(path, finished);
  }

  find(source: string): StoredComponent | null {
    return this.finished.get(source) ?? null;
  }

  async add(source: string, { sha256, sizeBytes }: StoredComponent): Promise<void> {
    // The newline goes first as well: it ends a line that a crash has torn.
    await appendFile(this.path, `\n${JSON.stringify({ source, sha256, sizeBytes })}\n`);
  }

  async remove(): Promise<void> {
    await rm(this.path, { force: true });
  }
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

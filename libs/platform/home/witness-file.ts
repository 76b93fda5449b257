import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const FILE = 'audit-witness.ndjson';
/** Lines beyond which older ones are thinned out; a line has about 300 bytes. */
const MAX_LINES = 4096;
/** The newest lines are all kept. */
const KEPT_WHOLE = 1024;

/**
 * What this machine saw of the audit log, outside the database: one signed checkpoint in each line,
 * appended and flushed to the disk. For one writer at a time.
 */
export class WitnessFile {
  readonly path: string;
  readonly #maxLines: number;
  readonly #keptWhole: number;

  constructor(home: string, maxLines = MAX_LINES, keptWhole = KEPT_WHOLE) {
    this.path = join(home, FILE);
    this.#maxLines = maxLines;
    this.#keptWhole = keptWhole;
  }

  /** Oldest first. A line cut off by a power failure is left out with all that is no JSON. */
  read(): unknown[] {
    return this.#lines().flatMap((line) => {
      try {
        return [JSON.parse(line) as unknown];
      } catch {
        return [];
      }
    });
  }

  append(value: object): void {
    const lines = this.#lines();
    const line = JSON.stringify(value);
    if (lines.length < this.#maxLines) {
      // A cut-off line before it must not spoil this one.
      const isCutOff = existsSync(this.path) && !readFileSync(this.path, 'utf8').endsWith('\n') && lines.length > 0;
      write(this.path, 'a', `${isCutOff ? '\n' : ''}${line}\n`);
      return;
    }
    const old = lines.slice(0, -this.#keptWhole);
    // The first one stays for good; of the rest every second goes, so that the file reaches far back.
    const thinned = old.filter((_, index) => index % 2 === 0);
    write(`${this.path}.new`, 'w', `${[...thinned, ...lines.slice(-this.#keptWhole), line].join('\n')}\n`);
    renameSync(`${this.path}.new`, this.path);
  }

  #lines(): string[] {
    return existsSync(this.path) ? readFileSync(this.path, 'utf8').split('\n').filter((line) => line !== '') : [];
  }
}

function write(path: string, flag: 'a' | 'w', text: string): void {
  const file = openSync(path, flag, 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

import { readFileSync } from 'node:fs';

/** The figures of a model card that a measurement is held against. */
export interface CardFigures {
  readonly bitsPerByte: ReadonlyMap<string, number>;
  /** By layer: mutual information in bits, and the usage shares of each domain. */
  readonly layers: readonly { readonly mutualInformationBits: number; readonly shares: ReadonlyMap<string, readonly number[]> }[];
}

function cells(line: string): string[] {
  return line.split('|').slice(1, -1).map((cell) => cell.trim());
}

/** Reads the tables "bits per byte" and "Expert usage" of the demo model's card. */
export function readModelCard(path: string): CardFigures {
  const lines = readFileSync(path, 'utf8').split('\n');
  const bitsPerByte = new Map<string, number>();
  const layers: { mutualInformationBits: number; shares: Map<string, number[]> }[] = [];
  let table: 'bits' | 'usage' | null = null;
  for (const line of lines) {
    const layer = /^Layer \d+: entropy [\d.]+ bits, mutual information ([\d.]+) bits/.exec(line);
    if (layer) layers.push({ mutualInformationBits: Number(layer[1]), shares: new Map() });
    if (line.startsWith('| domain | bits per byte')) table = 'bits';
    else if (line.startsWith('| domain | e0')) table = 'usage';
    else if (!line.startsWith('|')) table = line.trim() === '' ? table : null;
    else if (!line.startsWith('|---')) {
      const [domain = '', ...values] = cells(line);
      if (domain === 'mean' || domain === 'all' || domain === 'domain') continue;
      if (table === 'bits' && values.length === 3) bitsPerByte.set(domain, Number(values[0]));
      if (table === 'usage') layers.at(-1)?.shares.set(domain, values.map(Number));
    }
  }
  return { bitsPerByte, layers };
}

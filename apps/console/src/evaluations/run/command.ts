import { type Evaluation } from '../../api/gen/types.gen.ts';

/** The command line that asks for the same run. */
export function commandOf({ kind, candidate, reference, suite, settings }: Pick<Evaluation, 'kind' | 'candidate' | 'reference' | 'suite' | 'settings'>): string {
  const given = Object.entries(settings).map(([name, value]) => `--setting ${quoted(`${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)}`);
  const order =
    kind === 'suite'
      ? ['run', suite, `--candidate ${candidate}`, ...(reference === null ? [] : [`--reference ${reference}`])]
      : kind === 'attribution' && reference !== null
        ? ['attribute', reference, candidate, `--suite ${suite}`]
        : [kind, candidate, `--suite ${suite}`];
  return ['signalbox eval', ...order, ...given].join(' ');
}

/** For a shell: words that are plain stay as they are. */
function quoted(word: string): string {
  return /^[\w.=/-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

import { type KeyboardEvent, memo, useEffect, useId, useMemo, useRef } from 'react';
import { type Trace } from '../../api/gen/types.gen.ts';
import { useTheme } from '../../charts/css-colour.ts';
import { classNames } from '../../ui/class-names.ts';
import { rowAfter } from '../../ui/row-movement.ts';
import { FLAG_WORDS } from '../flags.ts';
import { expertColour } from './expert-colour.ts';
import { type Match } from './find-text.ts';
import { flagsAt, partsOf, type Token } from './trace-rows.ts';
import { visibleText } from './visible-text.ts';

const PAGE_TOKENS = 20;
const KEYS: Readonly<Record<string, string>> = { ArrowLeft: 'ArrowUp', ArrowRight: 'ArrowDown' };

interface TokenTextProps {
  readonly trace: Trace;
  readonly layer: number;
  readonly rank: number;
  readonly hasLabels: boolean;
  /** Place of the chosen token among those of the trace. */
  readonly chosen: number;
  readonly matches: readonly Match[];
  readonly onChoose: (at: number) => void;
}

/** The text, each token on the colour of the expert it took. One token is chosen: arrows go from token to token. */
export function TokenText({ trace, layer, rank, hasLabels, chosen, matches, onChoose }: TokenTextProps) {
  const id = useId();
  const theme = useTheme();
  const list = useRef<HTMLDivElement>(null);
  const first = trace.tokens[0]?.row ?? 0;
  const parts = useMemo(() => partsOf(trace.tokens), [trace]);
  const found = useMemo(() => new Set(matches.flatMap(({ first: from, last }) => Array.from({ length: last - from + 1 }, (_, at) => from + at))), [matches]);
  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' });
  }, [chosen]);
  const move = (event: KeyboardEvent): void => {
    const next = rowAfter(KEYS[event.key] ?? (event.key.startsWith('Arrow') ? '' : event.key), chosen, { rows: trace.tokens.length, page: PAGE_TOKENS });
    if (next === null || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    onChoose(next);
  };
  return (
    <div
      ref={list} role="listbox" aria-orientation="horizontal" tabIndex={0} aria-label={`Tokens with their expert in layer ${layer}`} aria-activedescendant={`${id}-${chosen}`}
      className="max-h-[34rem] overflow-auto rounded-md border border-line p-3 font-mono text-sm" onKeyDown={move}
    >
      {parts.map(({ name, tokens }) => (
        <div key={name} role="group" aria-label={name} className="not-last:mb-3">
          <p aria-hidden className="mb-1 font-sans text-xs font-medium text-ink-soft">
            {name}
          </p>
          <div role="presentation" className={hasLabels ? 'leading-9' : 'leading-7'}>
            {tokens.map((token) => {
              const at = token.row - first;
              return <MemoOne key={token.row} id={`${id}-${at}`} at={at} token={token} layer={layer} rank={rank} experts={trace.experts} theme={theme} hasLabel={hasLabels} isChosen={at === chosen} isFound={found.has(at)} onChoose={onChoose} />;
            })}
          </div>
        </div>
      ))}
    </div>
  );
}

interface OneProps {
  readonly id: string;
  readonly at: number;
  readonly token: Token;
  readonly layer: number;
  readonly rank: number;
  readonly experts: number;
  readonly theme: 'light' | 'dark';
  readonly hasLabel: boolean;
  readonly isChosen: boolean;
  readonly isFound: boolean;
  readonly onChoose: (at: number) => void;
}

const MemoOne = memo(One);

function One({ id, at, token, layer, rank, experts, theme, hasLabel, isChosen, isFound, onChoose }: OneProps) {
  const expert = token.experts[layer]?.[rank];
  const gate = token.gates[layer]?.[rank] ?? 0;
  const flags = flagsAt(token, layer);
  const parts = visibleText(token.text ?? (token.tokenId === null ? `#${token.row}` : `[${token.tokenId}]`));
  // Its text is its name, so what it went through describes it.
  const says = `expert ${expert}, gate ${gate.toFixed(2)}${flags.length > 0 ? `, ${flags.join(', ')}` : ''}`;
  return (
    <>
      <span
        id={id} role="option" aria-selected={isChosen} title={says}
        className={classNames('inline-block cursor-pointer rounded-xs border-r border-surface align-top whitespace-pre-wrap text-ink', isChosen ? 'relative z-10 outline-2 outline-ink' : 'hover:outline-1 hover:outline-ink-soft', flags.length > 0 && 'border-b-2 border-b-bad border-dashed', isFound && 'underline decoration-2 underline-offset-4')}
        style={{ background: expert === undefined ? undefined : expertColour(expert, experts, theme) }}
        onClick={() => onChoose(at)}
      >
        <span className="block leading-5">
          {parts.map(({ text, stands }, index) =>
            stands === null ? (
              <bdi key={index}>{text}</bdi>
            ) : (
              // The softer ink is too faint on some experts' colours.
              <span key={index} className="italic">
                {text}
              </span>
            ),
          )}
          {flags.map((flag) => (
            <sup key={flag} aria-hidden className="font-sans text-[0.6rem] font-bold text-bad">
              {FLAG_WORDS[flag].sign}
            </sup>
          ))}
        </span>
        {hasLabel && <span aria-hidden className="block text-center font-sans text-[0.65rem] leading-3">{expert}</span>}
      </span>
      {parts.some(({ isBreak }) => isBreak) && <br />}
    </>
  );
}

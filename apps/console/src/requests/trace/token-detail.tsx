import { Link } from '@tanstack/react-router';
import { type Trace } from '../../api/gen/types.gen.ts';
import { useTheme } from '../../charts/css-colour.ts';
import { Badge } from '../../ui/badge.tsx';
import { classNames } from '../../ui/class-names.ts';
import { FLAG_WORDS } from '../flags.ts';
import { expertColour } from './expert-colour.ts';
import { flagsAt, partOf, type Token } from './trace-rows.ts';
import { plainText } from './visible-text.ts';

/** All that is known of one token: where it stands, and the experts it took in each layer. */
export function TokenDetail({ token, trace, layer: shownLayer }: { readonly token: Token; readonly trace: Trace; readonly layer: number }) {
  const theme = useTheme();
  return (
    <section aria-label="The chosen token" aria-live="polite" className="min-w-0">
      <h3 className="font-mono text-sm font-semibold wrap-anywhere">
        <bdi>{token.text === null ? 'Text not captured' : `“${plainText(token.text)}”`}</bdi>
      </h3>
      <p className="mt-0.5 mb-2 text-xs text-ink-soft">
        Token {token.row + 1} of {trace.totalRows}, {partOf(token)}
        {token.choice !== null && token.choice > 0 && ` ${token.choice + 1}`}
        {token.tokenId !== null && `, id ${token.tokenId} of the vocabulary`}
      </p>
      <div className="max-h-[31rem] overflow-auto rounded-md border border-line" role="region" aria-label="Experts by layer" tabIndex={0}>
        <table className="w-full border-collapse text-xs">
          <caption className="sr-only">Experts of this token by layer, with their gate weights</caption>
          <thead>
            <tr className="border-b border-line text-ink-soft">
              <th scope="col" className="px-2 py-1.5 text-left font-medium">
                Layer
              </th>
              <th scope="col" className="px-2 py-1.5 text-left font-medium">
                Experts and gate weights
              </th>
            </tr>
          </thead>
          <tbody>
            {token.experts.map((experts, layer) => (
              <tr key={layer} className={classNames('border-b border-line align-top last:border-0', layer === shownLayer && 'bg-raised')}>
                <th scope="row" className="px-2 py-1.5 text-left font-medium">
                  {layer}
                </th>
                <td className="px-2 py-1.5">
                  <ul className="flex flex-col gap-1">
                    {experts.map((expert, rank) => (
                      <li key={rank} className="grid grid-cols-[5.5rem_minmax(0,1fr)_2.5rem] items-center gap-2">
                        <Link to="/experts/$layer/$expert" params={{ layer: String(layer), expert: String(expert) }} search={{ model: trace.request.model, release: trace.request.releaseId }}>
                          expert {expert}
                        </Link>
                        <span className="h-3 overflow-hidden rounded-xs border border-line bg-surface" aria-hidden>
                          <span className="block h-full" style={{ width: `${Math.min(100, 100 * (token.gates[layer]?.[rank] ?? 0))}%`, background: expertColour(expert, trace.experts, theme), boxShadow: 'inset -2px 0 0 var(--ink-soft)' }} />
                        </span>
                        <span className="text-right tabular-nums">{(token.gates[layer]?.[rank] ?? 0).toFixed(3)}</span>
                      </li>
                    ))}
                  </ul>
                  {flagsAt(token, layer).map((flag) => (
                    <p key={flag} className="mt-1">
                      <Badge tone="warn">{flag}</Badge> <span className="text-ink-soft">{FLAG_WORDS[flag].meaning}</span>
                    </p>
                  ))}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

import { type AlertMatcher } from '../../api/gen/types.gen.ts';
import { matcherText } from './labels.ts';

/** Matchers, each as a phrase; all must hold. */
export function MatcherList({ matchers, none }: { readonly matchers: readonly AlertMatcher[]; readonly none: string }) {
  if (matchers.length === 0) return <span className="text-ink-soft">{none}</span>;
  return (
    <ul className="flex flex-wrap gap-1" aria-label="Matchers">
      {matchers.map((matcher, index) => (
        <li key={index} className="rounded bg-raised px-1.5 py-0.5 text-xs wrap-anywhere">
          {matcherText(matcher)}
        </li>
      ))}
    </ul>
  );
}

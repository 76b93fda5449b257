import { type ObservedActivation } from '../../api/gen/types.gen.ts';
import { formatPercent, shortId } from '../../ui/format.ts';

/** Which release answers which share, as one bar. The canary is hatched, so that colour is not the only difference. */
export function TrafficBar({ activation: { releaseId, canary } }: { readonly activation: ObservedActivation }) {
  if (releaseId === null) return null;
  const share = canary?.share ?? 0;
  const isScoped = canary !== null && (canary.scope.segment !== null || canary.scope.routeSlice !== null);
  const label = canary === null ? `Release ${shortId(releaseId)} answers all requests.` : `Canary ${shortId(canary.releaseId)} answers ${formatPercent(share)} of the requests${isScoped ? ' in scope' : ''}, release ${shortId(releaseId)} the rest.`;
  return (
    <figure className="m-0" aria-label={label}>
      <svg aria-hidden width="100%" height={14} className="rounded">
        <defs>
          <pattern id="canary-hatch" width={6} height={6} patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
            <rect width={6} height={6} fill="var(--series-2)" />
            <line x1={0} y1={0} x2={0} y2={6} stroke="var(--surface)" strokeWidth={2} />
          </pattern>
        </defs>
        <rect width="100%" height={14} fill="var(--series-1)" />
        {share > 0 && <rect x={`${100 - share * 100}%`} width={`${share * 100}%`} height={14} fill="url(#canary-hatch)" />}
      </svg>
      <figcaption className="mt-1 text-xs text-ink-soft">{label}</figcaption>
    </figure>
  );
}

import { type RecordedRequest } from '../../api/gen/types.gen.ts';
import { ChartFrame } from '../../charts/chart-frame.tsx';
import { formatDuration } from '../../ui/format.ts';
import { phasesOf } from './request-phases.ts';

const FILLS = { queue: 'var(--line-strong)', 'first token': 'var(--series-2)', generation: 'var(--series-1)', 'no token': 'var(--bad)' } as const;

/** Where the time of a request went, from its admission to its end. */
export function TimesBar({ request }: { readonly request: RecordedRequest }) {
  const phases = phasesOf(request);
  const wholeMs = Math.max(1, phases.reduce((sum, { ms }) => sum + ms, 0));
  return (
    <ChartFrame label="Where the time of the request went" data={{ name: `request-${request.requestId}-times`, header: ['phase', 'milliseconds'], rows: () => phases.map(({ name, ms }) => [name, ms]) }}>
      <div className="flex h-5 w-full overflow-hidden rounded" aria-hidden>
        {phases.map(({ name, ms }) => (
          <span key={name} className="border-r border-surface last:border-0" style={{ width: `${(100 * ms) / wholeMs}%`, background: FILLS[name] }} />
        ))}
      </div>
      <ul className="mt-1.5 flex flex-wrap gap-x-6 gap-y-1 text-xs">
        {phases.map(({ name, ms, meaning }) => (
          <li key={name} className="flex items-center gap-1.5" title={meaning}>
            <span className="size-2.5 rounded-xs" style={{ background: FILLS[name] }} aria-hidden />
            {name} <b className="font-semibold tabular-nums">{formatDuration(ms)}</b>
          </li>
        ))}
      </ul>
    </ChartFrame>
  );
}

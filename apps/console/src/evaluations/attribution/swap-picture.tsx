import { ChartFrame } from '../../charts/chart-frame.tsx';
import { formatNumber } from '../../ui/format.ts';
import { type Estimate } from '../result/fields.ts';

export interface SwapCell {
  readonly router: 'old' | 'new';
  readonly experts: 'old' | 'new';
  readonly bitsPerByte: Estimate;
}

/** Darkest ground of a cell, per cent of the tone: text on it stays readable. */
const DARKEST = 20;
const SIDES = ['old', 'new'] as const;

/** The four ways to put old and new routers and experts together, with what each costs in bits per byte. Darker is further from the old release. */
export function SwapPicture({ cells }: { readonly cells: readonly SwapCell[] }) {
  const cellOf = (router: SwapCell['router'], experts: SwapCell['experts']): Estimate | null => cells.find((cell) => cell.router === router && cell.experts === experts)?.bitsPerByte ?? null;
  const base = cellOf('old', 'old');
  const reach = base === null ? 0 : Math.max(...cells.map(({ bitsPerByte }) => Math.abs(bitsPerByte.value - base.value)));
  const data = {
    name: 'attribution-swap',
    header: ['router', 'experts', 'bits per byte', '95 % low', '95 % high', 'more than the old release'],
    rows: () => cells.map(({ router, experts, bitsPerByte: { value, low, high } }) => [router, experts, value, low, high, base === null ? null : value - base.value]),
  };
  return (
    <ChartFrame label="Bits per byte of old and new routers with old and new experts" data={data}>
      <table className="w-full max-w-2xl table-fixed border-separate border-spacing-1.5 text-sm">
        <caption className="sr-only">Bits per byte of old and new routers with old and new experts; lower is better</caption>
        <thead>
          <tr>
            <td className="w-20 sm:w-28" />
            {SIDES.map((experts) => (
              <th key={experts} scope="col" className="pb-0.5 text-xs font-medium text-ink-soft">
                {experts} experts
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {SIDES.map((router) => (
            <tr key={router}>
              <th scope="row" className="pr-1 text-right text-xs font-medium text-ink-soft">
                {router} router
              </th>
              {SIDES.map((experts) => (
                <Cell key={experts} estimate={cellOf(router, experts)} base={base} reach={reach} role={router !== experts ? null : router === 'old' ? 'the reference' : 'the candidate'} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </ChartFrame>
  );
}

function Cell({ estimate, base, reach, role }: { readonly estimate: Estimate | null; readonly base: Estimate | null; readonly reach: number; readonly role: string | null }) {
  if (estimate === null) return <td className="h-24 rounded-md border border-dashed border-line text-center text-xs text-ink-soft">not measured</td>;
  const { value, low, high } = estimate;
  const more = base === null || base === estimate ? null : value - base.value;
  const part = more === null || reach === 0 ? 0 : Math.abs(more) / reach;
  return (
    <td className="h-24 rounded-md border border-line p-2 text-center align-middle" style={{ backgroundColor: `color-mix(in oklab, var(${(more ?? 0) > 0 ? '--bad' : '--ok'}) ${(part * DARKEST).toFixed(1)}%, var(--surface))` }}>
      <span className="block text-lg font-semibold tracking-tight">
        {formatNumber(value, 4)} <span className="text-xs font-normal">bit/B</span>
      </span>
      {low !== null && high !== null && (
        <span className="block text-xs whitespace-nowrap">
          {formatNumber(low, 4)} to {formatNumber(high, 4)}
        </span>
      )}
      <span className="block text-xs">
        {role}
        {role !== null && more !== null && ', '}
        {more !== null && (more === 0 ? 'the same' : `${more > 0 ? '+' : ''}${formatNumber(more)}`)}
      </span>
    </td>
  );
}

import { useId } from 'react';
import { formatNumber } from '../../ui/format.ts';

/** A share from 0 to 1, by slider or as per cent. */
export function ShareField({ label, hint, value, onChange }: { readonly label: string; readonly hint?: string; readonly value: number; readonly onChange: (share: number) => void }) {
  const id = useId();
  const percent = Number(formatNumber(value * 100, 4));
  const change = (text: string): void => {
    const given = Number(text);
    if (text !== '' && Number.isFinite(given)) onChange(Math.min(1, Math.max(0, given / 100)));
  };
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={id} className="text-xs font-medium text-ink-soft">
        {label}, %
      </label>
      <div className="flex items-center gap-3">
        <input type="range" aria-label={`${label}, slider`} min={0} max={100} step={1} value={percent} onChange={(event) => change(event.target.value)} className="min-w-0 flex-1 cursor-pointer accent-accent" />
        <input id={id} type="number" min={0} max={100} step="any" value={percent} onChange={(event) => change(event.target.value)} className="h-8.5 w-24 rounded-md border border-line-strong bg-surface px-2.5 text-right text-sm tabular-nums" />
      </div>
      {hint !== undefined && <p className="text-xs text-ink-soft">{hint}</p>}
    </div>
  );
}

/** How far something has come, 0 to 1. */
export function ProgressBar({ label, value }: { readonly label: string; readonly value: number }) {
  const percent = Math.round(Math.min(1, Math.max(0, value)) * 100);
  return (
    <div role="progressbar" aria-label={label} aria-valuemin={0} aria-valuemax={100} aria-valuenow={percent} className="h-1.5 overflow-hidden rounded bg-raised ring-1 ring-line-strong/40">
      <div className="h-full bg-accent" style={{ width: `${percent}%` }} />
    </div>
  );
}

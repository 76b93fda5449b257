/** One of some choices, small, with its name before it. */
export function Select({ label, value, choices, onChange }: { readonly label: string; readonly value: string; readonly choices: readonly { readonly value: string; readonly label: string }[]; readonly onChange: (value: string) => void }) {
  return (
    <label className="flex min-w-0 items-center gap-1.5 text-xs text-ink-soft">
      {label}
      <select className="h-7.5 max-w-60 min-w-0 rounded-md border border-line-strong/60 bg-surface px-1.5 text-sm text-ink" value={value} onChange={(event) => onChange(event.target.value)}>
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value}>
            {choice.label}
          </option>
        ))}
      </select>
    </label>
  );
}

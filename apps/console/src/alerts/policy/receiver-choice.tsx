import { Link } from '@tanstack/react-router';
import { type Receiver } from '../../api/gen/types.gen.ts';

/** Receivers to tick. */
export function ReceiverChoice({ legend, receivers, chosen, onChange }: { readonly legend: string; readonly receivers: readonly Receiver[]; readonly chosen: readonly string[]; readonly onChange: (ids: readonly string[]) => void }) {
  return (
    <fieldset className="min-w-0">
      <legend className="mb-1 text-xs font-medium text-ink-soft">{legend}</legend>
      {receivers.length === 0 && (
        <p className="text-sm text-ink-soft">
          There are no receivers yet. <Link to="/alerts/receivers" className="underline">Add one first.</Link>
        </p>
      )}
      <div className="flex flex-wrap gap-x-4 gap-y-1">
        {receivers.map(({ id, name }) => (
          <label key={id} className="inline-flex items-center gap-2 text-sm">
            <input type="checkbox" className="size-4 accent-accent" checked={chosen.includes(id)} onChange={(event) => onChange(event.target.checked ? [...chosen, id] : chosen.filter((one) => one !== id))} />
            <span className="wrap-anywhere">{name}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

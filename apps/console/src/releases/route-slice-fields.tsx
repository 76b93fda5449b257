import { TextField } from '../ui/fields.tsx';
import { type RouteSliceDraft } from './route-slice-draft.ts';

/** Only requests whose prompt goes to some experts. `path` is the slice's name in the API. */
export function RouteSliceFields({ path, draft, onChange, hint }: { readonly path: string; readonly draft: RouteSliceDraft; readonly onChange: (draft: RouteSliceDraft) => void; readonly hint: string }) {
  return (
    <fieldset className="grid min-w-0 gap-2 sm:grid-cols-[2fr_1fr]">
      <legend className="mb-1 text-xs font-medium text-ink-soft">Only requests whose prompt goes to these experts; empty: any</legend>
      <TextField name={`${path}.experts`} label="Experts" placeholder="expert/3/5, expert/3/6" spellCheck={false} maxLength={5000} value={draft.experts} onChange={(event) => onChange({ ...draft, experts: event.target.value })} hint={hint} />
      <TextField name={`${path}.minShare`} label="At least, % of the prompt" inputMode="decimal" disabled={draft.experts.trim() === ''} value={draft.minPercent} onChange={(event) => onChange({ ...draft, minPercent: event.target.value })} hint="Of its decisions in the layers of these experts." />
    </fieldset>
  );
}

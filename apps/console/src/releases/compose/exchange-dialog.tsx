import { useQueries } from '@tanstack/react-query';
import { useState } from 'react';
import { listComponentsOptions } from '../../api/gen/@tanstack/react-query.gen.ts';
import { type ComponentVersion, type ReleaseManifest } from '../../api/gen/types.gen.ts';
import { useDebounced } from '../../alerts/parts/use-debounced.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { SelectField, TextField } from '../../ui/fields.tsx';
import { shortId } from '../../ui/format.ts';
import { ProblemForm, textOf } from '../../ui/problem-form.tsx';
import { Failed, Loading } from '../../ui/states.tsx';
import { type Exchange } from './compose-draft.ts';
import { componentsOf, placesOf } from './manifest-parts.ts';

/** Versions that one list of the dialog offers; older ones are found by their text. */
const OFFERED = 100;
const TYPING_MS = 250;
const KINDS = [
  { value: 'expert', label: 'Expert' },
  { value: 'router', label: 'Router' },
  { value: 'backbone', label: 'Backbone' },
  { value: 'tokenizer', label: 'Tokenizer' },
] as const;
type Kind = (typeof KINDS)[number]['value'];

/** Chooses a component of a release and the version that takes its place. */
export function ExchangeDialog({ release, onExchange, onClose }: { readonly release: ReleaseManifest; readonly onExchange: (exchange: Exchange) => void; readonly onClose: () => void }) {
  const { layers, expertsOf } = placesOf(release);
  const [kind, setKind] = useState<Kind>('expert');
  const [layer, setLayer] = useState(layers[0] ?? 0);
  const [index, setIndex] = useState(0);
  const [text, setText] = useState('');
  const component = kind === 'expert' ? `expert/${layer}/${index}` : kind === 'router' ? `router/${layer}` : kind;
  return (
    <Dialog isOpen onClose={onClose} title="Exchange a component" lead="Its tensors must have the shape that the model has at this place; the server checks it." width="wide">
      <ProblemForm error={null} fields={[]} label="Exchange a component" onSubmit={(data) => onExchange({ component, sha256: textOf(data, 'version') ?? '' })}>
        <div className="grid gap-3 sm:grid-cols-3">
          <SelectField name="kind" label="Part" value={kind} choices={KINDS} onChange={(event) => setKind(event.target.value as Kind)} />
          {(kind === 'expert' || kind === 'router') && <SelectField name="layer" label="Layer" value={String(layer)} choices={numbers(layers)} onChange={(event) => setLayer(Number(event.target.value))} />}
          {kind === 'expert' && <SelectField name="index" label="Expert" value={String(index)} choices={numbers(expertsOf(layer))} onChange={(event) => setIndex(Number(event.target.value))} />}
        </div>
        <TextField name="text" label="Find a version by the text of its card, or by its first digits" value={text} onChange={(event) => setText(event.target.value)} maxLength={200} hint="Left empty: those that were at this place in some release, and those that no release holds yet." />
        <Versions key={component} component={component} kind={kind} model={release.manifest.model} now={componentsOf(release)[component]} text={text.trim()} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary">
            Exchange
          </Button>
        </div>
      </ProblemForm>
    </Dialog>
  );
}

/** Versions that may take the place; recalled ones and the one that is there are left out. */
function Versions({ component, kind, model, now, text }: { readonly component: string; readonly kind: Kind; readonly model: string; readonly now: string | undefined; readonly text: string }) {
  const sought = useDebounced(text, TYPING_MS);
  const isSought = sought.length > 1;
  const common = { kind, recalled: 'false', limit: OFFERED } as const;
  const lists = isSought ? [{ ...common, text: sought }] : [{ ...common, unreferenced: 'true' as const }, { ...common, name: component, model }];
  const queries = useQueries({ queries: lists.map((query) => listComponentsOptions({ query })) });
  const failed = queries.find(({ error }) => error !== null);
  if (failed !== undefined) return <Failed error={failed.error} onRetry={() => void failed.refetch()} />;
  if (queries.some(({ data }) => data === undefined)) return <Loading rows={1} label="Loading versions" />;
  const versions = [...new Map(queries.flatMap(({ data }) => data?.items ?? []).map((one) => [one.sha256, one])).values()].filter(({ sha256 }) => sha256 !== now);
  if (versions.length === 0) {
    return (
      <p role="status" className="text-sm text-ink-soft">
        {isSought ? 'No version of this kind fits the text.' : `There is no other version for ${component}. Upload one under Imports, or find one that was made for another place by its text.`}
      </p>
    );
  }
  return <SelectField name="version" label={`Version for ${component}`} required defaultValue="" choices={[{ value: '', label: 'Choose a version' }, ...versions.map((one) => ({ value: one.sha256, label: labelOf(one) }))]} />;
}

function labelOf({ sha256, title, releases, createdAt }: ComponentVersion): string {
  const held = releases === 0 ? 'in no release yet' : releases === 1 ? 'in 1 release' : `in ${releases} releases`;
  return `${shortId(sha256)} · ${title === '' ? 'no card' : title} · ${held} · came in ${new Date(createdAt).toLocaleDateString()}`;
}

function numbers(values: readonly number[]) {
  return values.map((value) => ({ value: String(value), label: String(value) }));
}

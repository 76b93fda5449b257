import { useInfiniteQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { listComponentsInfiniteOptions } from '../../api/gen/@tanstack/react-query.gen.ts';
import { useModel, useSetSearch } from '../../shell/scope.ts';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { CheckboxField, SelectField, TextField } from '../../ui/fields.tsx';
import { formatBytes } from '../../ui/format.ts';
import { byCursor, PagedTable } from '../../ui/paged-table.tsx';
import { ProblemForm, textOf } from '../../ui/problem-form.tsx';
import { Empty, Loading } from '../../ui/states.tsx';
import { Time } from '../../ui/time.tsx';
import { ComponentLink } from '../release-link.tsx';
import { ReleasesFrame } from '../releases-frame.tsx';
import { type ComponentsSearch } from '../search.ts';

const PAGE = 50;

/** Component versions of the registry, narrowed down by what the address says. */
export function ComponentsPage() {
  const model = useModel();
  return <ReleasesFrame tab="Components">{model === undefined ? <Loading rows={8} /> : <Components model={model} />}</ReleasesFrame>;
}

function Components({ model }: { readonly model: string | null }) {
  const search = useSearch({ from: '/shell/releases/components' });
  const { kind, name, text, recalled, all } = search;
  const setSearch = useSetSearch();
  const query = useInfiniteQuery({
    ...listComponentsInfiniteOptions({ query: { limit: PAGE, ...(kind && { kind }), ...(name && { name }), ...(text && { text }), ...(recalled && { recalled }), ...(!all && model !== null && { model }) } }),
    ...byCursor,
  });
  return (
    <Card title="Component versions" lead="A version is bytes named by their SHA-256; it never changes. What people say of it stands on its card." isFlush>
      <Filters key={JSON.stringify(search)} search={search} model={model} onChange={setSearch} />
      <PagedTable
        query={query}
        caption="Component versions, newest first"
        rowKey={({ sha256 }) => sha256}
        empty={<Empty title="No component version fits">Change or clear the filters. Imports and uploads bring new versions.</Empty>}
        columns={[
          { id: 'version', header: 'Version', isRowHeader: true, cell: ({ sha256 }) => <ComponentLink sha256={sha256} /> },
          { id: 'kind', header: 'Kind', cell: ({ kind: is }) => <Badge>{is}</Badge> },
          { id: 'title', header: 'Title', cell: ({ title, recall }) => <><span className="wrap-anywhere">{title === '' ? <span className="text-ink-soft">no card</span> : title}</span> {recall !== null && <Badge tone="bad" title={recall.reason}>recalled</Badge>}</> },
          { id: 'owner', header: 'Owner', cell: ({ owner }) => <span className="wrap-anywhere">{owner}</span>, isSecondary: true },
          { id: 'licence', header: 'Licence', cell: ({ licence }) => <span className="wrap-anywhere">{licence}</span>, isSecondary: true },
          { id: 'size', header: 'Size', align: 'right', cell: ({ sizeBytes }) => formatBytes(sizeBytes) },
          { id: 'releases', header: 'Releases', align: 'right', cell: ({ releases }) => releases },
          { id: 'made', header: 'Came in', cell: ({ createdAt }) => <Time at={createdAt} /> },
        ]}
      />
    </Card>
  );
}

function Filters({ search: { kind, name, text, recalled, all }, model, onChange }: { readonly search: ComponentsSearch; readonly model: string | null; readonly onChange: (parts: Readonly<Record<string, unknown>>) => void }) {
  return (
    <ProblemForm
      error={null}
      fields={[]}
      label="Filter component versions"
      className="grid items-end gap-3 px-4 pb-3 sm:grid-cols-2 lg:grid-cols-[1fr_1fr_10rem_10rem_auto_auto]"
      onSubmit={(data) => onChange({ text: textOf(data, 'text'), name: textOf(data, 'name') })}
    >
      <TextField name="text" label="Text of the card, or first digits" defaultValue={text} minLength={2} maxLength={200} />
      <TextField name="name" label="Name, such as expert/3/5" defaultValue={name} pattern="backbone|tokenizer|router/\d{1,5}|expert/\d{1,5}/\d{1,5}" />
      <SelectField
        name="kind"
        label="Kind"
        value={kind ?? ''}
        onChange={(event) => onChange({ kind: event.target.value === '' ? undefined : event.target.value })}
        choices={[{ value: '', label: 'Any' }, { value: 'router', label: 'Router' }, { value: 'expert', label: 'Expert' }, { value: 'backbone', label: 'Backbone' }, { value: 'tokenizer', label: 'Tokenizer' }]}
      />
      <SelectField
        name="recalled"
        label="Recall"
        value={recalled ?? ''}
        onChange={(event) => onChange({ recalled: event.target.value === '' ? undefined : event.target.value })}
        choices={[{ value: '', label: 'Any' }, { value: 'true', label: 'Recalled' }, { value: 'false', label: 'Not recalled' }]}
      />
      {model !== null && <CheckboxField name="all" label="All models" className="pb-2" checked={all === true} onChange={(event) => onChange({ all: event.target.checked ? true : undefined })} />}
      <Button type="submit">Search</Button>
    </ProblemForm>
  );
}

import { useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { ArrowLeftRight } from 'lucide-react';
import { getReleaseDiffOptions, getReleaseOptions } from '../../api/gen/@tanstack/react-query.gen.ts';
import { useModel, useSetSearch } from '../../shell/scope.ts';
import { Button } from '../../ui/button.tsx';
import { SelectField } from '../../ui/fields.tsx';
import { shortId } from '../../ui/format.ts';
import { Page } from '../../ui/page.tsx';
import { Empty, Loaded } from '../../ui/states.tsx';
import { BackLink } from '../back-link.tsx';
import { useReleases } from '../serving/use-serving.ts';
import { DiffView } from './diff-view.tsx';

/** Two releases beside each other; the address names both. */
export function ComparePage() {
  const { a, b } = useSearch({ from: '/shell/releases/compare' });
  const setSearch = useSetSearch();
  const scoped = useModel();
  const named = useQuery({ ...getReleaseOptions({ path: { releaseId: b ?? '' } }), enabled: b !== undefined }).data?.manifest.model;
  const model = named ?? scoped ?? null;
  const releases = useReleases(model) ?? [];
  const diff = useQuery({ ...getReleaseDiffOptions({ path: { releaseId: b ?? '' }, query: { against: a } }), enabled: a !== undefined && b !== undefined && a !== b });
  const choices = (chosen: string | undefined) => [
    { value: '', label: 'Choose one' },
    ...releases.map(({ releaseId, summary }) => ({ value: releaseId, label: `${shortId(releaseId)} · ${summary === '' ? 'first release' : summary}` })),
    ...(chosen === undefined || releases.some(({ releaseId }) => releaseId === chosen) ? [] : [{ value: chosen, label: shortId(chosen) }]),
  ];
  return (
    <Page title="Compare releases" lead={<BackLink label="Releases" to="/releases/list" />}>
      <div className="grid items-end gap-3 sm:grid-cols-[1fr_auto_1fr]">
        <SelectField name="a" label="Before" value={a ?? ''} choices={choices(a)} onChange={(event) => setSearch({ a: event.target.value === '' ? undefined : event.target.value })} />
        <Button variant="quiet" aria-label="Swap the two" icon={<ArrowLeftRight size={15} aria-hidden />} onClick={() => setSearch({ a: b, b: a })} />
        <SelectField name="b" label="After" value={b ?? ''} choices={choices(b)} onChange={(event) => setSearch({ b: event.target.value === '' ? undefined : event.target.value })} />
      </div>
      {a === undefined || b === undefined ? (
        <Empty title="Choose two releases">What the second changes against the first is shown then.</Empty>
      ) : a === b ? (
        <Empty title="This is one and the same release" />
      ) : (
        <Loaded query={diff} rows={8}>
          {(data) => <DiffView diff={data} />}
        </Loaded>
      )}
    </Page>
  );
}

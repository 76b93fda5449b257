import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { compareComponentsOptions } from '../../api/gen/@tanstack/react-query.gen.ts';
import { type ReleaseDiff } from '../../api/gen/types.gen.ts';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { DataTable } from '../../ui/data-table.tsx';
import { Figure, Figures } from '../../ui/figure.tsx';
import { formatBytes, formatNumber, formatPercent } from '../../ui/format.ts';
import { Empty, Loaded } from '../../ui/states.tsx';
import { byGroup, settingText } from '../change-words.ts';
import { ComponentLink } from '../release-link.tsx';

const PAIRS: Readonly<Record<ReleaseDiff['compatibility']['reason'], { readonly tone: 'ok' | 'warn' | 'bad'; readonly words: string }>> = {
  'same-release-known': { tone: 'ok', words: 'have answered together' },
  'trained-together': { tone: 'ok', words: 'trained together' },
  evaluated: { tone: 'ok', words: 'evaluated together' },
  incompatible: { tone: 'bad', words: 'recorded as incompatible' },
  'no-record': { tone: 'warn', words: 'nobody has vouched for them' },
};
/** Components of a part that are shown at once. */
const SHOWN = 50;

/** What one release changes against another, for people. */
export function DiffView({ diff }: { readonly diff: ReleaseDiff }) {
  const { components, settings, shared, compatibility, memory } = diff;
  const pair = PAIRS[compatibility.reason];
  return (
    <>
      <Card title="In short" lead={diff.summary}>
        <Figures>
          <Figure label="Changed components" value={components.length} note={`${shared} shared`} />
          <Figure label="Changed settings" value={settings.length} />
          <Figure label="Routers with experts" value={<Badge tone={pair.tone}>{pair.words}</Badge>} definition="By the newest compatibility record of this router set with this expert set." />
          <Figure
            label="More memory, each process"
            value={memory === null ? 'unknown' : formatBytes(memory.additionalBytes)}
            note={memory === null ? 'a file is missing' : `${memory.componentsToLoad === 1 ? '1 component' : `${memory.componentsToLoad} components`} to load; ${formatBytes(memory.totalBytes)} were it alone`}
            definition="Weights as fp32 that only this release needs, beyond what the releases in memory hold. Computed from tensor shapes, not measured; without caches."
          />
        </Figures>
      </Card>
      {settings.length > 0 && (
        <Card title="Settings" isFlush>
          <DataTable
            caption="Changed settings"
            rows={settings}
            rowKey={({ field }) => field}
            columns={[
              { id: 'field', header: 'Setting', isRowHeader: true, cell: ({ field }) => <span className="font-mono text-xs">{field}</span> },
              { id: 'before', header: 'Before', cell: ({ before }) => <del className="bg-bad-soft px-1 text-bad">{settingText(before)}</del> },
              { id: 'after', header: 'After', cell: ({ after }) => <ins className="bg-ok-soft px-1 text-ok">{settingText(after)}</ins> },
            ]}
          />
        </Card>
      )}
      {byGroup(components).map(({ group, components: changed }) => (
        <Changed key={group} group={group} changed={changed} />
      ))}
      {components.length === 0 && settings.length === 0 && (
        <Card>
          <Empty title="They are the same in all components and settings" />
        </Card>
      )}
    </>
  );
}

function Changed({ group, changed }: { readonly group: string; readonly changed: readonly ReleaseDiff['components'][number][] }) {
  const [isAll, setAll] = useState(false);
  return (
    <Card title={`${group}: ${changed.length} changed`} isFlush>
      <DataTable
        caption={`Changed: ${group}`}
        rows={isAll ? changed : changed.slice(0, SHOWN)}
        rowKey={({ name }) => name}
        columns={[
          { id: 'name', header: 'Component', isRowHeader: true, cell: ({ name }) => <span className="font-mono text-xs">{name}</span> },
          { id: 'before', header: 'Before', cell: ({ before }) => <Version version={before} /> },
          { id: 'after', header: 'After', cell: ({ after }) => <Version version={after} /> },
          { id: 'weights', header: 'Weights', cell: ({ name, before, after }) => <Weights name={name} a={before?.sha256} b={after?.sha256} /> },
        ]}
        footer={
          changed.length > SHOWN && !isAll ? (
            <Button size="small" variant="quiet" className="m-2" onClick={() => setAll(true)}>
              Show all {changed.length}
            </Button>
          ) : undefined
        }
      />
    </Card>
  );
}

function Version({ version }: { readonly version: ReleaseDiff['components'][number]['before'] }) {
  if (version === null) return <span className="text-ink-soft">not there</span>;
  return (
    <>
      <ComponentLink sha256={version.sha256} /> <span className="text-xs text-ink-soft">{formatBytes(version.sizeBytes)}</span>
    </>
  );
}

/** Statistics of the weights, read only when asked for: the server reads both files for them. */
function Weights({ name, a, b }: { readonly name: string; readonly a: string | undefined; readonly b: string | undefined }) {
  const [isAsked, setAsked] = useState(false);
  if (a === undefined || b === undefined || name === 'tokenizer') return <span className="text-ink-soft">none to compare</span>;
  if (!isAsked) {
    return (
      <Button size="small" variant="quiet" aria-label={`Compare weights of ${name}`} onClick={() => setAsked(true)}>
        Compare weights
      </Button>
    );
  }
  return <WeightTable name={name} a={a} b={b} />;
}

/** Two versions of one component, tensor by tensor. */
export function WeightTable({ name, a, b }: { readonly name: string; readonly a: string; readonly b: string }) {
  const query = useQuery(compareComponentsOptions({ query: { a, b } }));
  return (
    <Loaded query={query} rows={2}>
      {({ tensors, identical }) =>
        identical ? (
          'the same bytes'
        ) : (
          <DataTable
            caption={`Weights of ${name}`}
            rows={tensors}
            rowKey={({ tensor }) => tensor}
            empty="It has no tensors."
            columns={[
              { id: 'tensor', header: 'Tensor', isRowHeader: true, cell: ({ tensor }) => <span className="font-mono text-xs">{tensor}</span> },
              { id: 'shape', header: 'Shape', cell: ({ b: now }) => <span className="text-xs">{now === null ? 'not there' : `${now.shape.join(' × ')} ${now.dtype}`}</span> },
              { id: 'relative', header: <span title="||a − b|| / ||a||, Frobenius norms">Relative change</span>, align: 'right', cell: ({ relativeNorm }) => formatPercent(relativeNorm, 2) },
              { id: 'largest', header: <span title="Largest |a − b| of an element">Largest difference</span>, align: 'right', cell: ({ maxAbsDifference }) => formatNumber(maxAbsDifference) },
              { id: 'cosine', header: <span title="⟨a, b⟩ / (||a|| ||b||), from −1 to 1">Cosine</span>, align: 'right', cell: ({ cosine }) => formatNumber(cosine, 5) },
            ]}
          />
        )
      }
    </Loaded>
  );
}

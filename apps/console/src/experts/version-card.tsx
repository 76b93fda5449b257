import { useQuery } from '@tanstack/react-query';
import { getComponentOptions } from '../api/gen/@tanstack/react-query.gen.ts';
import { type ComponentCard } from '../api/gen/types.gen.ts';
import { ComponentLink } from '../releases/release-link.tsx';
import { Badge } from '../ui/badge.tsx';
import { Card } from '../ui/card.tsx';
import { formatBytes } from '../ui/format.ts';
import { Loaded } from '../ui/states.tsx';
import { Time } from '../ui/time.tsx';

const FIELDS = [
  ['forUse', 'For'],
  ['notForUse', 'Not for'],
  ['trainingData', 'Trained on'],
  ['dataHandling', 'Handling of data'],
  ['licence', 'Licence'],
  ['owner', 'Owner'],
  ['madeHow', 'Made how'],
] as const satisfies readonly (readonly [keyof ComponentCard, string])[];

/** What people say of the version that is there: its scope and its card. */
export function VersionCard({ sha256 }: { readonly sha256: string }) {
  const query = useQuery(getComponentOptions({ path: { sha256 } }));
  return (
    <Card title="Scope and card" lead={<>Of the version in place, <ComponentLink sha256={sha256} />.</>}>
      <Loaded query={query} rows={4}>
        {({ card, sizeBytes, createdAt, recall }) => {
          const told = FIELDS.filter(([field]) => card[field] !== '');
          return (
            <div className="flex flex-col gap-2 text-sm">
              {recall !== null && (
                <p className="text-bad">
                  <Badge tone="bad">recalled</Badge> by {recall.by}: <span className="wrap-anywhere">{recall.reason}</span>
                </p>
              )}
              {card.title !== '' && <p className="font-medium wrap-anywhere">{card.title}</p>}
              <p className="text-xs text-ink-soft">
                {formatBytes(sizeBytes)}, here since <Time at={createdAt} />
              </p>
              {told.length === 0 ? (
                <p className="text-ink-soft">Nobody has written its card yet. Whoever looks after the registry can, on the page of the version.</p>
              ) : (
                <dl className="grid grid-cols-[8rem_1fr] gap-x-3 gap-y-1.5">
                  {told.map(([field, name]) => (
                    <div key={field} className="contents">
                      <dt className="text-xs leading-5 text-ink-soft">{name}</dt>
                      <dd className="wrap-anywhere whitespace-pre-wrap">{card[field]}</dd>
                    </div>
                  ))}
                </dl>
              )}
            </div>
          );
        }}
      </Loaded>
    </Card>
  );
}

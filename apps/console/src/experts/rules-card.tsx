import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { getDataRulesOptions } from '../api/gen/@tanstack/react-query.gen.ts';
import { useMe } from '../session/session.ts';
import { Badge } from '../ui/badge.tsx';
import { Card } from '../ui/card.tsx';
import { Empty, Loaded } from '../ui/states.tsx';
import { rulesNaming, ruleText } from './expert-figures.ts';
import { type Place } from './place.ts';

/** Data-handling rules that keep some requests from the expert. */
export function RulesCard({ place }: { readonly place: Place }) {
  const { model, layer, expert, sha256 } = place;
  const isBound = useMe()?.tenant !== null;
  const query = useQuery({ ...getDataRulesOptions({ path: { model } }), enabled: !isBound });
  if (isBound) return null;
  return (
    <Card title="Data rules" lead="Those in force that name its place or its version." actions={<Link to="/changes/data-rules" className="text-xs font-medium">All rules of {model}</Link>}>
      <Loaded query={query} rows={2}>
        {({ rules, generation }) => {
          const own = rulesNaming(rules, `expert/${layer}/${expert}`, sha256);
          if (own.length === 0) return <Empty title="No rule names it">{generation === 0 ? 'The model has no data rules.' : 'It may serve every request.'}</Empty>;
          return (
            <ul className="flex flex-col gap-2 text-sm">
              {own.map((rule) => (
                <li key={rule.id} className="rounded-md border border-line p-2.5">
                  <p className="flex flex-wrap items-center gap-2">
                    <span className="font-mono text-xs">{rule.id}</span>
                    <Badge tone={rule.effect === 'deny' ? 'bad' : 'info'}>{rule.effect === 'deny' ? 'denies' : 'allows only'}</Badge>
                    {rule.expert.startsWith('sha256:') && <Badge title="The rule follows this version into any release">by version</Badge>}
                  </p>
                  <p className="mt-1">It {ruleText(rule)}.</p>
                  {rule.note !== undefined && <p className="mt-1 text-xs wrap-anywhere whitespace-pre-wrap text-ink-soft">{rule.note}</p>}
                </li>
              ))}
            </ul>
          );
        }}
      </Loaded>
    </Card>
  );
}

import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Plus } from 'lucide-react';
import { listAlertRulesInfiniteOptions } from '../../api/gen/@tanstack/react-query.gen.ts';
import { type AlertRules } from '../../api/gen/types.gen.ts';
import { useMay } from '../../session/session.ts';
import { Badge } from '../../ui/badge.tsx';
import { ButtonLink } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { type Column } from '../../ui/data-table.tsx';
import { byCursor, PagedTable } from '../../ui/paged-table.tsx';
import { Severity } from '../../ui/severity.tsx';
import { Empty } from '../../ui/states.tsx';
import { Time } from '../../ui/time.tsx';
import { AlertsFrame } from '../parts/alerts-frame.tsx';
import { MatcherList } from '../parts/matcher-list.tsx';
import { durationText } from '../parts/duration-text.ts';
import { useSignals, valueText } from '../parts/signals.ts';

type Rule = AlertRules['items'][number];

/** Which readings are alerts. */
export function RulesPage() {
  const mayOperate = useMay('operate');
  const signals = useSignals();
  const rules = useInfiniteQuery({ ...listAlertRulesInfiniteOptions({ query: { limit: 100 } }), ...byCursor });
  const unitOf = (name: string): string | undefined => signals?.find(({ signal }) => signal === name)?.unit;
  const columns: Column<Rule>[] = [
    {
      id: 'name', header: 'Rule', isRowHeader: true,
      cell: ({ id, name, signal }) => (
        <div>
          <Link to="/alerts/rules/$ruleId" params={{ ruleId: id }} className="font-medium wrap-anywhere">
            {name}
          </Link>
          <div className="font-mono text-xs text-ink-soft">{signal}</div>
        </div>
      ),
    },
    { id: 'enabled', header: 'State', cell: ({ enabled, firing }) => (enabled ? firing > 0 ? <Badge tone="bad">{firing} firing</Badge> : <Badge tone="ok">on</Badge> : <Badge>off</Badge>) },
    {
      id: 'limits', header: 'Fires',
      cell: ({ limits, signal, timing, actions }) => (
        <ul className="flex flex-col gap-1">
          {limits.map(({ severity, is, limit, by }, index) => (
            <li key={index} className="flex flex-wrap items-center gap-1.5">
              <Severity value={severity} />
              <span>
                {is} {valueText(limit, unitOf(signal))}
                {by === 'interval' && <span title="All of the 95 % interval must lie beyond the limit."> (interval)</span>}
              </span>
            </li>
          ))}
          {timing.forMs > 0 && <li className="text-xs text-ink-soft">for {durationText(timing.forMs)}</li>}
          {actions.length > 0 && <li className="text-xs text-ink-soft">then {actions.map(({ kind }) => kind).join(', ')}</li>}
        </ul>
      ),
    },
    { id: 'matchers', header: 'About', isSecondary: true, cell: ({ matchers }) => <MatcherList matchers={matchers} none="all readings" /> },
    { id: 'last', header: 'Last fired', cell: ({ lastFiredAt }) => (lastFiredAt === null ? <span className="text-ink-soft">never</span> : <Time at={lastFiredAt} as="relative" />) },
  ];
  return (
    <AlertsFrame
      tab="Rules"
      actions={
        mayOperate && (
          <ButtonLink variant="primary" icon={<Plus size={14} aria-hidden />} to="/alerts/rules/new">
            New rule
          </ButtonLink>
        )
      }
    >
      <Card isFlush title="Rules" lead="A rule names a signal, and says from where on its readings are alerts.">
        <PagedTable caption="Rules of alerts" query={rules} columns={columns} rowKey={({ id }) => id} empty={<Empty title="There are no rules">Nothing can fire. Make a rule for each signal that matters.</Empty>} />
      </Card>
    </AlertsFrame>
  );
}

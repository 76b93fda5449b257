import { useQuery } from '@tanstack/react-query';
import { Link, useSearch } from '@tanstack/react-router';
import { ChevronLeft, ChevronRight, Snowflake } from 'lucide-react';
import { useState } from 'react';
import { getChangeCalendarOptions } from '../api/gen/@tanstack/react-query.gen.ts';
import { type ChangeCalendar, type FreezeWindow } from '../api/gen/types.gen.ts';
import { ChartFrame } from '../charts/chart-frame.tsx';
import { useMay } from '../session/session.ts';
import { useSetSearch } from '../shell/scope.ts';
import { Badge } from '../ui/badge.tsx';
import { Button } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { type Column, DataTable } from '../ui/data-table.tsx';
import { Empty, Loaded } from '../ui/states.tsx';
import { Time, useNowMs, VIEWER_ZONE } from '../ui/time.tsx';
import { ChangesFrame } from './changes-frame.tsx';
import { EndFreeze, FreezeDialog } from './freeze-dialog.tsx';
import { dateIn, monthGrid, shiftMonth } from './month-grid.ts';
import { MonthTable } from './month-table.tsx';

const MONTH = new Intl.DateTimeFormat('en', { month: 'long', year: 'numeric', timeZone: 'UTC' });

type Asked = { readonly what: 'new'; readonly date: string } | { readonly what: 'edit' | 'end'; readonly freeze: FreezeWindow };

/** When nothing is to change, and when what is to. */
export function CalendarPage() {
  const { month: given } = useSearch({ strict: false }) as { readonly month?: string };
  const setSearch = useSetSearch();
  const nowMs = useNowMs();
  const today = dateIn(nowMs, VIEWER_ZONE);
  const month = given ?? today.slice(0, 7);
  const weeks = monthGrid(month, VIEWER_ZONE);
  const days = weeks.flat();
  const query = useQuery(getChangeCalendarOptions({ query: { from: new Date(days[0]!.startMs).toISOString(), to: new Date(days.at(-1)!.endMs).toISOString() } }));
  const mayAdminister = useMay('administer');
  const [asked, setAsked] = useState<Asked | null>(null);
  const close = (): void => setAsked(null);
  const name = MONTH.format(Date.parse(`${month}-01T00:00:00Z`));
  return (
    <ChangesFrame title="Calendar" lead={`Freeze windows and scheduled changes. Days and times of your zone, ${VIEWER_ZONE}.`} actions={mayAdminister && <Button icon={<Snowflake size={15} aria-hidden />} onClick={() => setAsked({ what: 'new', date: today })}>New freeze window</Button>}>
      <Card
        title={name}
        lead="While a freeze holds, neither normal nor standard changes are applied. Ways back stay open, as does a broken glass."
        actions={
          <>
            <Button size="small" aria-label="Month before" icon={<ChevronLeft size={15} aria-hidden />} onClick={() => setSearch({ month: shiftMonth(month, -1) })} />
            <Button size="small" onClick={() => setSearch({ month: undefined })}>
              Today
            </Button>
            <Button size="small" aria-label="Month after" icon={<ChevronRight size={15} aria-hidden />} onClick={() => setSearch({ month: shiftMonth(month, 1) })} />
          </>
        }
      >
        <Loaded query={query} rows={8}>
          {(calendar) => (
            <ChartFrame label={`Freeze windows and scheduled changes, ${name}`} data={{ name: `changes-${month}`, header: ['What', 'Name', 'Model', 'From', 'To', 'State'], rows: () => rowsOf(calendar) }}>
              <MonthTable
                key={month} name={name} weeks={weeks} today={today} calendar={calendar} onMonth={(by) => setSearch({ month: shiftMonth(month, by) })}
                onDay={mayAdminister ? (date) => setAsked({ what: 'new', date }) : undefined} onFreeze={mayAdminister ? (freeze) => setAsked({ what: 'edit', freeze }) : undefined}
              />
              {!calendar.isComplete && <p className="mt-2 text-xs text-ink-soft">There is more than can be shown; the first 500 of each are.</p>}
            </ChartFrame>
          )}
        </Loaded>
      </Card>
      <Card title="Freeze windows of these weeks" isFlush>
        <Loaded query={query}>{({ freezes }) => <Freezes freezes={freezes} mayAdminister={mayAdminister} onAsk={setAsked} />}</Loaded>
      </Card>
      {(asked?.what === 'new' || asked?.what === 'edit') && <FreezeDialog key={asked.what === 'new' ? asked.date : asked.freeze.id} freeze={asked.what === 'edit' ? asked.freeze : null} date={asked.what === 'new' ? asked.date : today} onClose={close} onEnd={asked.what === 'edit' ? () => setAsked({ what: 'end', freeze: asked.freeze }) : undefined} />}
      {asked?.what === 'end' && <EndFreeze freeze={asked.freeze} onClose={close} />}
    </ChangesFrame>
  );
}

function rowsOf({ freezes, scheduled }: ChangeCalendar): readonly (readonly string[])[] {
  return [
    ...freezes.map(({ name, model, from, to, active }) => ['Freeze window', name, model ?? 'all models', new Date(from).toLocaleString(), new Date(to).toLocaleString(), active ? 'holds now' : '']),
    ...scheduled.map(({ title, model, schedule, state }) => ['Scheduled change', title, model ?? 'all models', schedule === null ? '' : new Date(schedule.at).toLocaleString(), schedule === null ? '' : new Date(schedule.until).toLocaleString(), state]),
  ];
}

function Freezes({ freezes, mayAdminister, onAsk }: { readonly freezes: readonly FreezeWindow[]; readonly mayAdminister: boolean; readonly onAsk: (asked: Asked) => void }) {
  const nowMs = useNowMs();
  const columns: readonly Column<FreezeWindow>[] = [
    {
      id: 'name', header: 'Name', isRowHeader: true,
      cell: ({ name, reason, active }) => (
        <div>
          <p className="flex flex-wrap items-center gap-2 font-medium wrap-anywhere">
            {name} {active && <Badge tone="info">holds now</Badge>}
          </p>
          <p className="text-xs text-ink-soft wrap-anywhere">{reason}</p>
        </div>
      ),
    },
    { id: 'model', header: 'Model', cell: ({ model }) => model ?? 'all models' },
    { id: 'from', header: 'From', cell: ({ from }) => <Time at={from} /> },
    { id: 'to', header: 'To', cell: ({ to }) => <Time at={to} /> },
    ...(mayAdminister
      ? [
          {
            id: 'acts', header: <span className="sr-only">Acts</span>, align: 'right' as const,
            cell: (freeze: FreezeWindow) =>
              Date.parse(freeze.to) > nowMs && (
                <span className="inline-flex gap-1">
                  <Button size="small" variant="quiet" aria-label={`Edit ${freeze.name}`} onClick={() => onAsk({ what: 'edit', freeze })}>
                    Edit
                  </Button>
                  <Button size="small" variant="quiet" aria-label={`${freeze.active ? 'End now' : 'Take away'}: ${freeze.name}`} onClick={() => onAsk({ what: 'end', freeze })}>
                    {freeze.active ? 'End now' : 'Take away'}
                  </Button>
                </span>
              ),
          },
        ]
      : []),
  ];
  return (
    <DataTable
      caption="Freeze windows" columns={columns} rows={freezes} rowKey={({ id }) => id}
      empty={<Empty title="No freeze window in these weeks">{mayAdminister ? 'Choose a day, or "New freeze window", to let nothing change for a time.' : 'Administrators make them. Scheduled changes are in the queue: '}{!mayAdminister && <Link to="/changes">open it</Link>}</Empty>}
    />
  );
}

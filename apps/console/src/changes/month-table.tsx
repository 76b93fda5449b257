import { Link } from '@tanstack/react-router';
import { CalendarClock, Snowflake } from 'lucide-react';
import { type KeyboardEvent, useRef, useState } from 'react';
import { type ChangeCalendar, type FreezeWindow } from '../api/gen/types.gen.ts';
import { classNames } from '../ui/class-names.ts';
import { type Day, meets, shiftDate } from './month-grid.ts';

const WEEKDAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
const CLOCK = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
/** By how many days each arrow goes. */
const STEPS: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };

interface MonthTableProps {
  readonly name: string;
  readonly weeks: readonly (readonly Day[])[];
  readonly today: string;
  readonly calendar: ChangeCalendar;
  readonly onMonth: (by: number) => void;
  /** Left out where nothing is made here. */
  readonly onDay?: (date: string) => void;
  readonly onFreeze?: (freeze: FreezeWindow) => void;
}

/** A month, day by day. Arrows go from day to day, page up and down from month to month. */
export function MonthTable({ name, weeks, today, calendar, onMonth, onDay, onFreeze }: MonthTableProps) {
  const days = weeks.flat();
  const [focused, setFocused] = useState(() => days.find(({ date }) => date === today)?.date ?? days.find(({ isOfMonth }) => isOfMonth)!.date);
  const table = useRef<HTMLTableElement>(null);
  const onKeyDown = (event: KeyboardEvent, date: string): void => {
    if (event.key === 'PageUp' || event.key === 'PageDown') {
      event.preventDefault();
      onMonth(event.key === 'PageUp' ? -1 : 1);
      return;
    }
    const step = STEPS[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const next = shiftDate(date, step);
    if (!days.some((day) => day.date === next)) return;
    setFocused(next);
    table.current?.querySelector<HTMLElement>(`[data-date="${next}"]`)?.focus();
  };
  return (
    <div className="overflow-x-auto">
      <table ref={table} className="w-full min-w-150 table-fixed border-collapse text-sm">
        <caption className="sr-only">{name}. Arrow keys go from day to day, page up and page down from month to month.</caption>
        <thead>
          <tr>
            {WEEKDAYS.map((weekday) => (
              <th key={weekday} scope="col" className="px-2 py-1.5 text-left text-xs font-medium text-ink-soft">
                {weekday}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {weeks.map((week) => (
            <tr key={week[0]!.date}>
              {week.map((day) => (
                <td key={day.date} className={classNames('h-24 border border-line p-1 align-top', !day.isOfMonth && 'bg-canvas')}>
                  <button
                    type="button"
                    data-date={day.date}
                    tabIndex={day.date === focused ? 0 : -1}
                    aria-current={day.date === today ? 'date' : undefined}
                    aria-label={`${day.dayOfMonth}, ${day.date}${dayWords(day, calendar)}${onDay === undefined ? '' : ', new freeze window'}`}
                    className={classNames('inline-flex size-6 items-center justify-center rounded-full text-xs', onDay !== undefined && 'cursor-pointer hover:bg-raised', day.date === today ? 'bg-accent font-semibold text-on-accent hover:bg-accent-strong' : day.isOfMonth ? 'text-ink' : 'text-ink-soft')}
                    onFocus={() => setFocused(day.date)}
                    onKeyDown={(event) => onKeyDown(event, day.date)}
                    onClick={() => onDay?.(day.date)}
                  >
                    {day.dayOfMonth}
                  </button>
                  <DayItems day={day} calendar={calendar} onFreeze={onFreeze} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function dayWords(day: Day, { freezes, scheduled }: ChangeCalendar): string {
  const frozen = freezes.filter(({ from, to }) => meets(day, Date.parse(from), Date.parse(to))).length;
  const due = scheduled.filter(({ schedule }) => schedule !== null && isOn(day, schedule.at)).length;
  return `${frozen === 0 ? '' : `, frozen by ${frozen}`}${due === 0 ? '' : `, ${due} scheduled`}`;
}

function isOn(day: Day, at: string): boolean {
  const atMs = Date.parse(at);
  return day.startMs <= atMs && atMs < day.endMs;
}

const ITEM = 'flex w-full min-w-0 items-center gap-1 rounded px-1 py-0.5 text-left text-xs';

function DayItems({ day, calendar: { freezes, scheduled }, onFreeze }: { readonly day: Day; readonly calendar: ChangeCalendar; readonly onFreeze?: (freeze: FreezeWindow) => void }) {
  return (
    <ul className="mt-0.5 flex flex-col gap-0.5 empty:hidden">
      {freezes
        .filter(({ from, to }) => meets(day, Date.parse(from), Date.parse(to)))
        .map((freeze) => {
          const inside = (
            <>
              <Snowflake size={12} className="shrink-0" aria-hidden />
              <span className="truncate">{isOn(day, freeze.from) ? `${CLOCK.format(Date.parse(freeze.from))} ${freeze.name}` : freeze.name}</span>
            </>
          );
          const title = `Freeze window ${freeze.name}: ${freeze.reason}`;
          return (
            <li key={freeze.id}>
              {onFreeze === undefined ? (
                <span className={classNames(ITEM, 'bg-info-soft text-info')} title={title}>
                  {inside}
                </span>
              ) : (
                <button type="button" className={classNames(ITEM, 'cursor-pointer bg-info-soft text-info hover:underline')} title={title} onClick={() => onFreeze(freeze)}>
                  {inside}
                </button>
              )}
            </li>
          );
        })}
      {scheduled
        .filter(({ schedule }) => schedule !== null && isOn(day, schedule.at))
        .map((change) => (
          <li key={change.id}>
            <Link to="/changes/$changeId" params={{ changeId: change.id }} className={classNames(ITEM, 'bg-accent-soft')} title={`${change.title}, ${change.state}`}>
              <CalendarClock size={12} className="shrink-0" aria-hidden />
              <span className="truncate">
                {CLOCK.format(Date.parse(change.schedule!.at))} {change.title}
              </span>
            </Link>
          </li>
        ))}
    </ul>
  );
}

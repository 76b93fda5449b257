import { Link } from '@tanstack/react-router';
import { CornerDownRight } from 'lucide-react';
import { type NotificationPolicy, type Receiver } from '../../api/gen/types.gen.ts';
import { Badge } from '../../ui/badge.tsx';
import { Card } from '../../ui/card.tsx';
import { Empty } from '../../ui/states.tsx';
import { Time } from '../../ui/time.tsx';
import { durationText } from '../parts/duration-text.ts';
import { MatcherList } from '../parts/matcher-list.tsx';

type Timing = NotificationPolicy['timing'];

/** The policy as people read it: routes in order, what is left over, who hears later, what is hushed. */
export function PolicyTree({ policy: { receivers: own, groupBy, timing, routes, inhibitions, escalations, watchdogRepeatMs, updatedBy, updatedAt }, receivers }: { readonly policy: NotificationPolicy; readonly receivers: readonly Receiver[] }) {
  const isSilent = own.length === 0 && routes.every((route) => route.receivers.length === 0);
  return (
    <>
      {isSilent && (
        <Card>
          <Empty title="Nobody is told of anything">Add a receiver, then name it here. Until then alerts show in this console only.</Empty>
        </Card>
      )}
      <Card title="Routes" lead={updatedBy === null || updatedAt === null ? 'As it ships.' : <span title={`by ${updatedBy}`}>Changed <Time at={updatedAt} as="relative" />.</span>}>
        <ol className="flex flex-col gap-3" aria-label="Routes in order">
          {routes.map((route, index) => (
            <li key={route.name} className="border-l-2 border-line-strong/50 pl-3">
              <p className="flex flex-wrap items-center gap-2 text-sm">
                <span className="text-ink-soft">{index + 1}.</span>
                <strong className="wrap-anywhere">{route.name}</strong>
                <MatcherList matchers={route.matchers} none="all alerts" />
              </p>
              <Targets ids={route.receivers} receivers={receivers} />
              <p className="mt-1 text-xs text-ink-soft">
                {route.continues ? 'Later routes are looked at too.' : 'It takes the alert: later routes are not looked at.'}
                {route.groupBy !== null && ` Grouped by ${route.groupBy.join(', ') || 'nothing'}.`}
                {route.timing !== null && ` ${timingText(route.timing)}`}
              </p>
            </li>
          ))}
          <li className="border-l-2 border-accent pl-3">
            <p className="text-sm font-semibold">{routes.length === 0 ? 'All alerts' : 'What no route takes'}</p>
            <Targets ids={own} receivers={receivers} />
            <p className="mt-1 text-xs text-ink-soft">
              Alerts that agree in {groupBy.join(', ') || 'nothing'} share a notification. {timingText(timing)}
            </p>
          </li>
        </ol>
      </Card>
      <div className="grid gap-4 lg:grid-cols-2">
        <Card title="Escalations" lead="Who hears too when nobody acknowledges.">
          {escalations.length === 0 && <p className="text-sm text-ink-soft">None.</p>}
          <ul className="flex flex-col gap-3">
            {escalations.map(({ name, matchers, afterMs, receivers: ids }) => (
              <li key={name}>
                <p className="flex flex-wrap items-center gap-2 text-sm">
                  <strong className="wrap-anywhere">{name}</strong> after {durationText(afterMs)} <MatcherList matchers={matchers} none="all alerts" />
                </p>
                <Targets ids={ids} receivers={receivers} />
              </li>
            ))}
          </ul>
        </Card>
        <Card title="Inhibitions" lead="While a source fires, targets that agree with it are not told of.">
          {inhibitions.length === 0 && <p className="text-sm text-ink-soft">None.</p>}
          <ul className="flex flex-col gap-3 text-sm">
            {inhibitions.map(({ source, target, equal }, index) => (
              <li key={index} className="flex flex-col gap-1">
                <div className="flex flex-wrap items-center gap-2">
                  <MatcherList matchers={source} none="nothing" /> hushes <MatcherList matchers={target} none="nothing" />
                </div>
                {equal.length > 0 && <span className="text-xs text-ink-soft">of the same {equal.join(', ')}</span>}
              </li>
            ))}
          </ul>
          <p className="mt-3 text-xs text-ink-soft">The Watchdog is told of every {durationText(watchdogRepeatMs)}.</p>
        </Card>
      </div>
    </>
  );
}

function timingText({ groupWaitMs, groupIntervalMs, repeatIntervalMs }: Timing): string {
  return `A new group waits ${durationText(groupWaitMs)} for others; news comes at most every ${durationText(groupIntervalMs)}, and is repeated after ${durationText(repeatIntervalMs)}.`;
}

function Targets({ ids, receivers }: { readonly ids: readonly string[]; readonly receivers: readonly Receiver[] }) {
  return (
    <p className="mt-1 flex flex-wrap items-center gap-2 text-sm">
      <CornerDownRight size={14} aria-hidden className="text-ink-soft" />
      {ids.length === 0 && <span className="text-ink-soft">nobody</span>}
      {ids.map((receiverId) => {
        const found = receivers.find(({ id }) => id === receiverId);
        return (
          <span key={receiverId} className="inline-flex items-center gap-1">
            <Link to="/alerts/receivers/$receiverId" params={{ receiverId }} className="wrap-anywhere">
              {found?.name ?? receiverId.slice(0, 8)}
            </Link>
            {found !== undefined && found.disabledReason !== null && <Badge tone="bad">off</Badge>}
          </span>
        );
      })}
    </p>
  );
}

import { useQuery } from '@tanstack/react-query';
import { getSettingsOptions } from '../api/gen/@tanstack/react-query.gen.ts';
import { type Settings } from '../api/gen/types.gen.ts';
import { useMay } from '../session/session.ts';
import { Card } from '../ui/card.tsx';
import { formatCount, formatDuration, formatPercent } from '../ui/format.ts';
import { NotAllowed } from '../ui/not-allowed.tsx';
import { Loaded } from '../ui/states.tsx';
import { type Setting, SettingList } from './setting-list.tsx';

const days = (count: number | null): string => (count === null ? 'not known here' : `${count} days`);
const perMinute = (count: number | null): string => (count === null ? 'no limit' : `${formatCount(count)} a minute`);

/** What is kept for how long, and how much anybody may ask. */
export function Limits() {
  const mayRead = useMay('read');
  const query = useQuery({ ...getSettingsOptions(), enabled: mayRead });
  if (!mayRead) return <NotAllowed permission="read">Retention and limits are part of the settings.</NotAllowed>;
  return (
    <Loaded query={query} rows={8}>
      {(settings) => (
        <>
          <p className="text-sm text-ink-soft">These are environment variables of the server: they change with a restart, not here. Signalbox {settings.version}.</p>
          <div className="grid items-start gap-4 xl:grid-cols-2">
            {groups(settings).map(({ title, lead, items }) => (
              <Card key={title} title={title} lead={lead}>
                <SettingList settings={items} />
              </Card>
            ))}
          </div>
        </>
      )}
    </Loaded>
  );
}

function groups({ retention, privacy, capture, limits, session, audit, detection }: Settings): readonly { readonly title: string; readonly lead: string; readonly items: readonly Setting[] }[] {
  return [
    {
      title: 'Retention',
      lead: 'For how long what is kept.',
      items: [
        { name: 'Traces of single requests', value: days(retention.traceDays), meaning: 'Routes, token by token; sealed at rest. Then the whole day is dropped.', variable: 'SIGNALBOX_TRACE_RETENTION_DAYS' },
        { name: 'Usage by the minute', value: days(retention.minuteUsageDays), meaning: 'At least as long as traces.' },
        { name: 'Usage by the hour', value: 'kept' },
        { name: 'Feedback', value: days(retention.feedbackDays), variable: 'SIGNALBOX_FEEDBACK_RETENTION_DAYS' },
        { name: 'Audit log', value: 'kept', meaning: 'Signalbox takes no entry out.' },
      ],
    },
    {
      title: 'Capture and privacy',
      lead: 'What of a request is written down, and what is shown of few.',
      items: [
        ...(capture
          ? [
              { name: 'Capture', value: capture.mode, meaning: { full: 'Routes and token ids.', routes: 'Routes only, without token ids.', aggregate: 'No trace of a request, only its part of the usage sums.', off: 'Nothing: there are no figures of routing.' }[capture.mode], variable: 'SIGNALBOX_CAPTURE' },
              ...(capture.share < 1 ? [{ name: 'Share of requests with a trace', value: formatPercent(capture.share), meaning: 'The others count in the usage sums alone.', variable: 'SIGNALBOX_CAPTURE_SHARE' }] : []),
              ...(capture.rules.length > 0 ? [{ name: 'Less is kept of', value: capture.rules.map(({ field, value, level }) => `${field === 'model' ? 'model' : 'data class'} ${value}: ${level}`).join(', '), meaning: 'Rules only take away; the strictest that holds counts.', variable: 'SIGNALBOX_CAPTURE_RULES' }] : []),
              { name: 'Durability', value: capture.durability, meaning: { memory: 'An answer may end before its trace is anywhere but in memory.', answered: "An answer ends when its trace is in the spool file: it survives the end of the process.", fsync: "An answer ends when its trace is on the disk: it survives the machine's." }[capture.durability], variable: 'SIGNALBOX_DURABILITY' },
            ]
          : []),
        { name: 'Least requests behind a figure', value: formatCount(privacy.minRequests), meaning: 'Aggregates over fewer are withheld.', variable: 'SIGNALBOX_MIN_REQUESTS' },
      ],
    },
    {
      title: 'Limits',
      lead: 'Counted over all processes.',
      items: [
        { name: 'Requests of an account to /api/v1', value: perMinute(limits.apiRequestsPerMinute), variable: 'SIGNALBOX_API_RATE' },
        { name: 'Requests of an account to /v1', value: perMinute(limits.inferenceRequestsPerMinute), meaning: 'A key may have a limit of its own.', variable: 'SIGNALBOX_INFERENCE_RATE' },
        { name: 'Failed attempts of an address to get in', value: perMinute(limits.failedLoginsPerMinute), variable: 'SIGNALBOX_FAILED_LOGINS' },
        { name: 'Keys of an account', value: formatCount(limits.maxAccountKeys), meaning: 'The revoked ones too.' },
      ],
    },
    {
      title: 'Sessions, audit and detection',
      lead: 'What happens by itself.',
      items: [
        { name: 'A session that is not used ends after', value: formatDuration(session.idleMs) },
        { name: 'A session ends at the latest after', value: formatDuration(session.maxMs) },
        ...(audit ? [{ name: 'A checkpoint of the audit log is signed', value: `after ${formatCount(audit.checkpointEntries)} entries or ${audit.checkpointSeconds} s`, variable: 'SIGNALBOX_AUDIT_CHECKPOINT_SECONDS' }] : []),
        ...(detection
          ? [
              { name: 'Detection', value: detection.isOn ? 'on' : 'off', variable: 'SIGNALBOX_DETECTION' },
              { name: 'Requests until the first baseline freezes', value: detection.baselineRequests === 0 ? 'never by itself' : formatCount(detection.baselineRequests), variable: 'SIGNALBOX_BASELINE_REQUESTS' },
              { name: 'False alarms allowed', value: `${detection.falseAlarmsPerMonth} a month`, meaning: 'Over all streams of a model.', variable: 'SIGNALBOX_FALSE_ALARMS_PER_MONTH' },
            ]
          : []),
      ],
    },
  ];
}

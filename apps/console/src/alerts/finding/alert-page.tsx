import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { BackLink } from '../../releases/back-link.tsx';
import { getAlertOptions, listAlertEpisodesOptions } from '../../api/gen/@tanstack/react-query.gen.ts';
import { type AlertDetail, type AlertEpisode } from '../../api/gen/types.gen.ts';
import { problemOf } from '../../api/problem.ts';
import { Card } from '../../ui/card.tsx';
import { Page } from '../../ui/page.tsx';
import { Empty, Failed, Loading } from '../../ui/states.tsx';
import { AlertView } from './alert-view.tsx';

/** How often an alert is looked at again while its page is open: what it says is acted upon. */
const POLL_MS = 4000;
const EPISODES = 50;

/** One alert: what was found, what to do about it, and how it went before. */
export function AlertPage() {
  const { alertId } = useParams({ strict: false }) as { readonly alertId: string };
  const alert = useQuery({ ...getAlertOptions({ path: { alertId } }), refetchInterval: POLL_MS });
  const episodes = useQuery({ ...listAlertEpisodesOptions({ query: { alert: alertId, limit: EPISODES } }), refetchInterval: POLL_MS });
  const isGone = alert.error !== null && problemOf(alert.error, undefined).status === 404;
  const past = episodes.data?.items ?? [];
  const shown = alert.data ?? (isGone && past[0] !== undefined ? detailOf(past[0]) : undefined);
  if (shown !== undefined) return <AlertView alert={shown} episodes={past} isPast={alert.data === undefined} />;
  const isLoading = alert.error === null || (isGone && episodes.isPending);
  return (
    <Page title="Alert">
      <BackLink label="Alerts" to="/alerts" />
      {isLoading && <Loading rows={8} />}
      {!isLoading && !isGone && <Failed error={alert.error} onRetry={() => void alert.refetch()} />}
      {!isLoading && isGone && (
        <Card>
          <Empty title="There is no such alert">No alert of this id is known, and none of its episodes is in the history.</Empty>
        </Card>
      )}
    </Page>
  );
}

/** An alert that has been normal for more than a day is known by its newest episode alone. */
function detailOf(episode: AlertEpisode): AlertDetail {
  const { alertId, rule, signal, labels, severity, fingerprint, startedAt, endedAt, acknowledged, finding, notifications } = episode;
  return {
    id: alertId, rule, signal, labels, severity, state: 'normal', since: endedAt ?? startedAt, value: null, reason: '', episode: episode.episode, fingerprint, startedAt, acknowledged, muted: null,
    endedAt, finding, actions: [], notifications,
  };
}

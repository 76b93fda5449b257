import { useQuery } from '@tanstack/react-query';
import { getBaselineOptions, getUsageOptions } from '../../api/gen/@tanstack/react-query.gen.ts';
import { type AlertFinding, type Usage } from '../../api/gen/types.gen.ts';
import { Loading } from '../../ui/states.tsx';
import { Time, useMinuteEndMs } from '../../ui/time.tsx';
import { textLabels } from '../parts/labels.ts';
import { SharePicture } from './share-picture.tsx';
import { shareRows } from './share-rows.ts';


/** The experts of the layer since the shift began, against the traffic of the baseline. */
export function ShiftPicture({ finding, layer, endedAt }: { readonly finding: AlertFinding; readonly layer: number; readonly endedAt: string | null }) {
  const { baselineId, release, since, segment, experts } = finding;
  const nowMs = useMinuteEndMs();
  const labels = textLabels(segment ?? {});
  const baseline = useQuery({ ...getBaselineOptions({ path: { baselineId: baselineId ?? '' } }), enabled: baselineId !== null });
  const to = endedAt ?? new Date(nowMs).toISOString();
  const now = useQuery({ ...getUsageOptions({ query: { release: release ?? undefined, layer, from: since, to, ...labels } }), enabled: release !== null && Date.parse(to) > Date.parse(since) });
  const { release: of, from, to: until } = baseline.data ?? {};
  const before = useQuery({ ...getUsageOptions({ query: { release: of, layer, from, to: until, ...labels } }), enabled: of !== undefined });
  if (now.isLoading || baseline.isLoading || before.isLoading) return <Loading rows={6} />;
  const isUsage = sharesOf(now.data) !== null && sharesOf(before.data) !== null;
  const rows = shareRows(experts, sharesOf(now.data), sharesOf(before.data));
  if (rows.length === 0) return <p className="text-sm text-ink-soft">The finding names no experts with their shares, and the usage of then is no longer known.</p>;
  return (
    <>
      <SharePicture rows={rows} layer={layer} beforeName="the baseline" />
      <p className="mt-2 text-xs text-ink-soft">
        {isUsage && baseline.data !== undefined ? (
          <>
            Recorded usage since <Time at={since} />, against the traffic that the baseline was frozen from (<Time at={baseline.data.from} /> to <Time at={baseline.data.to} />).
          </>
        ) : (
          'Shares as the detector saw them, of the experts that it names.'
        )}
      </p>
    </>
  );
}

function sharesOf(usage: Usage | undefined): readonly number[] | null {
  return usage?.groups[0]?.layers?.[0]?.share ?? null;
}

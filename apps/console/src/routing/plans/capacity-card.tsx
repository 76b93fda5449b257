import { useMutation, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Eye } from 'lucide-react';
import { useState } from 'react';
import { createChange, forecastOverflow } from '../../api/gen/sdk.gen.ts';
import { type OverflowForecast } from '../../api/gen/types.gen.ts';
import { refresh } from '../../api/query-client.ts';
import { useMay } from '../../session/session.ts';
import { useWindow } from '../../shell/scope.ts';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { Confirm } from '../../ui/confirm.tsx';
import { CsvButton } from '../../ui/csv-button.tsx';
import { DataTable } from '../../ui/data-table.tsx';
import { SelectField } from '../../ui/fields.tsx';
import { formatCount, formatNumber, formatPercent } from '../../ui/format.ts';
import { Empty, Failed, Loading } from '../../ui/states.tsx';
import { Withheld } from '../withheld.tsx';
import { capacityChange, type Forecast, type Policy } from './plan-words.ts';

type Factor = NonNullable<OverflowForecast['factors']>[number];

/** What capacity factors would have dropped. It reads traces, and each look is in the audit log, so a person asks for it. */
export function CapacityCard({ model, release }: { readonly model: string; readonly release: string | undefined }) {
  const { from, to } = useWindow();
  const [look, setLook] = useState<{ readonly from: string; readonly to: string } | null>(null);
  const forecast = useQuery({
    queryKey: ['forecast', model, release, look],
    queryFn: async ({ signal }) => (await forecastOverflow({ query: { model, ...(release !== undefined && { release }), ...look }, signal })).data,
    enabled: look !== null,
    staleTime: Infinity,
    retry: false,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
  const ask = (): void => setLook({ from, to });
  const factors = forecast.data?.factors;
  return (
    <Card
      title="What a capacity would drop"
      lead="A capacity factor bounds the tokens of an expert in a request at that multiple of an even share; with the policy drop what is above goes past the expert. What a drop changes in later layers is not seen."
      isFlush={factors !== undefined}
      actions={factors !== undefined && <CsvButton name="capacity" header={['factor', 'dropped share', 'lost gate share', 'worst layer', 'its dropped share']} rows={() => factors.map(({ factor, droppedShare, lostGateShare, worstLayer }) => [factor, droppedShare, lostGateShare, worstLayer.layer, worstLayer.droppedShare])} />}
    >
      {look === null ? (
        <Empty title="This reads the traces of the newest 200 requests" action={<Button icon={<Eye size={15} aria-hidden />} onClick={ask}>Look at the traces</Button>}>
          Your look is written to the audit log.
        </Empty>
      ) : forecast.data !== undefined ? (
        <Factors model={model} forecast={forecast.data} />
      ) : forecast.error === null ? (
        <Loading rows={5} />
      ) : (
        <Failed error={forecast.error} onRetry={() => void forecast.refetch()} />
      )}
    </Card>
  );
}

function Factors({ model, forecast: { withheld, factors, requests } }: { readonly model: string; readonly forecast: OverflowForecast }) {
  const mayPropose = useMay('propose');
  const [asked, setAsked] = useState<Forecast | null>(null);
  if (withheld !== undefined || factors === undefined) return <Withheld minRequests={withheld?.minRequests ?? 1} what="no forecast of them" />;
  return (
    <>
      <p className="px-4 pb-2 text-sm">Of {formatCount(requests)} recorded requests.</p>
      <DataTable
        caption="What capacity factors would have dropped"
        rows={factors}
        rowKey={({ factor }) => String(factor)}
        columns={[
          { id: 'factor', header: 'Factor', isRowHeader: true, cell: ({ factor }: Factor) => formatNumber(factor, 6) },
          { id: 'dropped', header: 'Selections dropped', align: 'right', cell: ({ droppedShare }) => formatPercent(droppedShare, 2) },
          { id: 'lost', header: 'Gate weight lost', align: 'right', cell: ({ lostGateShare }) => formatPercent(lostGateShare, 2) },
          { id: 'worst', header: 'Worst layer', align: 'right', cell: ({ worstLayer }) => `${worstLayer.layer}: ${formatPercent(worstLayer.droppedShare, 2)}` },
          { id: 'act', header: <span className="sr-only">Propose it</span>, cell: ({ factor, droppedShare }) => mayPropose && <Button size="small" aria-label={`Propose factor ${factor}…`} onClick={() => setAsked({ factor, droppedShare, requests: requests ?? 0 })}>Propose…</Button> },
        ]}
      />
      {asked !== null && <ProposeDialog model={model} forecast={asked} onClose={() => setAsked(null)} />}
    </>
  );
}

function ProposeDialog({ model, forecast, onClose }: { readonly model: string; readonly forecast: Forecast; readonly onClose: () => void }) {
  const [policy, setPolicy] = useState<Policy>('drop');
  const navigate = useNavigate();
  const draft = useMutation({
    mutationFn: async () => (await createChange({ body: capacityChange(model, policy, forecast) })).data,
    onSuccess: async ({ id }) => {
      await refresh('changes');
      await navigate({ to: '/changes/$changeId', params: { changeId: id } });
    },
  });
  return (
    <Confirm
      isOpen
      onClose={onClose}
      title={`Propose capacity factor ${forecast.factor} for ${model}`}
      consequences={['A change request is drafted. Nothing that serves changes until it is submitted, approved and applied.', `Its reason names the forecast: ${formatPercent(forecast.droppedShare, 2)} of the selections of ${formatCount(forecast.requests)} requests dropped.`]}
      confirmLabel="Draft the change request"
      isPending={draft.isPending}
      error={draft.error}
      onConfirm={() => draft.mutate()}
    >
      <SelectField
        name="policy"
        label="What happens to tokens above it"
        value={policy}
        onChange={(event) => setPolicy(event.target.value as Policy)}
        choices={[
          { value: 'drop', label: 'drop: they go past the expert' },
          { value: 'reroute', label: 'reroute: the next best expert with room' },
          { value: 'pad', label: 'pad: served all the same, and counted' },
        ]}
      />
    </Confirm>
  );
}

import { EffectChart, type EffectRow } from '../../charts/effect-chart.tsx';
import { Card } from '../../ui/card.tsx';
import { DataTable } from '../../ui/data-table.tsx';
import { Figure, Figures } from '../../ui/figure.tsx';
import { formatNumber, formatPercent } from '../../ui/format.ts';
import { Empty } from '../../ui/states.tsx';
import { type Estimate } from '../result/fields.ts';
import { attributionOf, type AttributionFindings, type Effect, type Share } from './attribution-result.ts';
import { SwapPicture } from './swap-picture.tsx';

const CAUSES: Readonly<Record<string, string>> = { router: 'the router', expert: 'experts', both: 'router and experts, each alone', interaction: 'how router and experts go together', backbone: 'the backbone', neither: 'nothing' };
const EFFECTS: Readonly<Record<string, string>> = { router: 'new router, old experts', experts: 'new experts, old router', interaction: 'interaction: both, beyond the sum', backbone: 'new backbone' };

/** Which part did it: the cause and its confidence, the swap, and each component's share. */
export function AttributionView({ result }: { readonly result: unknown }) {
  const found = attributionOf(result);
  const { cause, cells, effects, shares, hasBackbone } = found;
  if (cause === null && cells.length === 0 && shares.length === 0) {
    return (
      <Card>
        <Empty title="The result compares nothing">What it says stands below as JSON.</Empty>
      </Card>
    );
  }
  return (
    <>
      <CauseCard found={found} />
      <div className="grid items-start gap-4 xl:grid-cols-2">
        {cells.length > 0 && (
          <Card title="Swapping router and experts" lead={`Bits per byte of the same text with the parts of both releases put together in all four ways. Lower is better; the ground shows how far a cell is from the old release.${hasBackbone ? ' All but the reference have the new backbone.' : ''}`}>
            <SwapPicture cells={cells} />
          </Card>
        )}
        {effects.length > 0 && (
          <Card title="What each swap does" lead="Bits per byte more than the old release, with 95 % intervals over resampled texts. The effects add up to the whole change.">
            <EffectChart label="Effects of router, experts and their interaction, bits per byte" name="attribution-effects" header={['effect', 'bits per byte']} rows={effects.map(effectRow)} format={signed} sides={['better', 'worse']} />
          </Card>
        )}
      </div>
      {shares.length > 0 && <SharesCard shares={shares} />}
      {found.knockOuts.length > 0 && <KnockOutsCard found={found} />}
    </>
  );
}

function CauseCard({ found: { cause, confidence, causes, named, change, others } }: { readonly found: AttributionFindings }) {
  const otherwise = causes.filter((one) => one.cause !== cause);
  return (
    <Card title="What did it">
      <Figures>
        {cause !== null && <Figure label="Cause" value={<span className="text-base">{CAUSES[cause] ?? cause}</span>} note={named.length === 0 ? undefined : <span className="wrap-anywhere">{named.join(', ')}</span>} />}
        {confidence !== null && <Figure label="Confidence" value={formatPercent(confidence, 0)} definition="The chance that as many other texts would name the same cause, drawn in by what planted faults taught." note={otherwise.length === 0 ? 'no repetition says otherwise' : `repetitions also said: ${otherwise.map((one) => `${one.cause} ${formatPercent(one.confidence)}`).join(', ')}`} />}
        {change !== null && <Figure label="Whole change" value={`${signed(change.value)} bit/B`} note={intervalOf(change)} />}
        {others.replay !== null && <Figure label="On the old routes" definition="The new release made to take the old release's routes, less the old release: what is left is not the router's." value={typeof others.replay === 'string' ? <span className="text-sm">not possible</span> : `${signed(others.replay.value)} bit/B`} note={typeof others.replay === 'string' ? others.replay : intervalOf(others.replay)} />}
        {others.fragileTokens !== null && others.fragileTokens > 0 && (
          <Figure label="Would another route fix it" definition="For the tokens that lost most, other routes of equal cost were tried in one layer." value={others.wonBackShare === null ? 'nothing lost' : `${formatPercent(others.wonBackShare, 0)} won back`} note={others.fixedTokens === null ? undefined : `${others.fixedTokens} of ${others.fragileTokens} tokens as good as before`} />
        )}
      </Figures>
    </Card>
  );
}

function SharesCard({ shares }: { readonly shares: readonly Share[] }) {
  const rows = shares.toSorted((a, b) => Math.abs(b.share.value) - Math.abs(a.share.value)).map(({ name, share, part, confidence, isNamed }, at): EffectRow => ({
    key: String(at), label: name, heading: <span className={isNamed ? 'font-mono font-semibold' : 'font-mono'}>{name}</span>, value: share.value, low: share.low, high: share.high,
    tone: !isNamed ? 'neutral' : share.value > 0 ? 'worse' : 'better',
    note: [...(part === null ? [] : [`${formatPercent(part, 0)} of the change`]), ...(isNamed ? [`named${confidence === null ? '' : `, ${formatPercent(confidence, 0)} sure`}`] : [])].join(', '),
  }));
  return (
    <Card title="Shares by component" lead="What each changed component adds, averaged over the orders in which the parts can be changed (Shapley value), in bits per byte with 95 % intervals. They add up to the whole change.">
      <EffectChart label="Share of each component in the change, bits per byte" name="attribution-shares" header={['component', 'share, bits per byte']} rows={rows} format={signed} mark="bar" sides={['made it better', 'made it worse']} />
    </Card>
  );
}

function KnockOutsCard({ found: { knockOuts } }: { readonly found: AttributionFindings }) {
  return (
    <Card title="Experts left out" lead="What leaving the expert out costs each release, bits per byte. An expert that is worth less in the new release than in the old has lost something; below 0 the release is better off without it." isFlush>
      <DataTable
        caption="Cost of leaving an expert out, in the old and in the new release"
        rows={knockOuts}
        rowKey={({ name }) => name}
        columns={[
          { id: 'expert', header: 'Expert', isRowHeader: true, cell: ({ name }) => <span className="font-mono text-xs">{name}</span> },
          { id: 'old', header: 'Old release', align: 'right', cell: ({ old }) => <Cost of={old} /> },
          { id: 'new', header: 'New release', align: 'right', cell: ({ fresh }) => <Cost of={fresh} /> },
        ]}
      />
    </Card>
  );
}

function Cost({ of }: { readonly of: Estimate }) {
  return (
    <>
      <span className="block font-medium whitespace-nowrap">{signed(of.value)}</span>
      <span className="block text-xs whitespace-nowrap text-ink-soft">{intervalOf(of)}</span>
    </>
  );
}

function effectRow({ name, effect }: Effect): EffectRow {
  const isTold = effect.low !== null && effect.high !== null && (effect.low > 0 || effect.high < 0);
  // Without a changed part there is nothing to tell apart.
  const isNothing = effect.value === 0 && effect.low === 0 && effect.high === 0;
  return { key: name, label: EFFECTS[name] ?? name, value: effect.value, low: effect.low, high: effect.high, tone: !isTold ? 'neutral' : effect.value > 0 ? 'worse' : 'better', note: isNothing ? 'nothing changed' : !isTold ? 'not told apart' : effect.value > 0 ? 'worse' : 'better' };
}

function intervalOf({ low, high }: Estimate): string | undefined {
  return low === null || high === null ? undefined : `${signed(low)} to ${signed(high)}`;
}

function signed(value: number): string {
  return `${value > 0 ? '+' : ''}${formatNumber(value)}`;
}

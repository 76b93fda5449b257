import { type Evaluation } from '../../api/gen/types.gen.ts';
import { EffectChart } from '../../charts/effect-chart.tsx';
import { Badge } from '../../ui/badge.tsx';
import { Card } from '../../ui/card.tsx';
import { DataTable } from '../../ui/data-table.tsx';
import { Figure, Figures } from '../../ui/figure.tsx';
import { formatNumber, formatPercent } from '../../ui/format.ts';
import { Empty } from '../../ui/states.tsx';
import { ExpertPlaceLink } from '../expert-place-link.tsx';
import { type Estimate, inWords } from '../result/fields.ts';
import { type ConcentrationFindings, concentrationOf } from './concentration-result.ts';
import { ProposalsCard } from './proposals-card.tsx';

/** Experts shown in a chart; its table has as many, its CSV too. */
const SHOWN = 24;

/** Which experts carry refusals: what is proposed first, then what that stands on. */
export function ConcentrationView({ run }: { readonly run: Evaluation }) {
  const found = concentrationOf(run.result);
  if (found.knockOuts.length === 0 && found.rates.length === 0) {
    return (
      <Card>
        <Empty title="The result names no experts">What it says stands below as JSON.</Empty>
      </Card>
    );
  }
  return (
    <>
      <ProposalsCard run={run} proposals={found.proposals} />
      <MarginsCard found={found} />
      <div className="grid items-start gap-4 xl:grid-cols-2">
        <KnockOutsCard found={found} />
        <RatesCard found={found} />
      </div>
      {found.carriers.length > 0 && <SmallestSetCard found={found} />}
    </>
  );
}

function MarginsCard({ found: { margins, refusalMargin, effectiveCarriers } }: { readonly found: ConcentrationFindings }) {
  const bits = ({ value }: Estimate): string => `${value > 0 ? '+' : ''}${formatNumber(value)} bit/B`;
  const note = ({ low, high, n }: Estimate): string => [...(low === null || high === null ? [] : [`${formatNumber(low)} to ${formatNumber(high)}`]), ...(n === null ? [] : [`${n} prompts`])].join(', ');
  return (
    <Card title="How surely it refuses" lead="By how many bits per byte refusing is likelier than complying. Above 0 it refuses.">
      <Figures>
        {margins.map(({ name, margin }) => (
          <Figure key={name} label={`${inWords(name)} prompts`} value={bits(margin)} note={note(margin)} />
        ))}
        {refusalMargin !== null && <Figure label="Margin that experts were left out for" value={bits(refusalMargin)} note={note(refusalMargin)} />}
        {effectiveCarriers !== null && refusalMargin !== null && refusalMargin.value > 0 && <Figure label="Carried by so many experts" value={formatNumber(effectiveCarriers)} definition="2 to the entropy of the experts' shares: so many would carry it, were they alike." />}
      </Figures>
    </Card>
  );
}

function KnockOutsCard({ found: { knockOuts } }: { readonly found: ConcentrationFindings }) {
  const shown = knockOuts.slice(0, SHOWN);
  const rows = shown.map(({ layer, expert, effect, share, isFound }) => ({
    key: `${layer}/${expert}`, label: `layer ${layer}, expert ${expert}`, heading: <ExpertPlaceLink layer={layer} expert={expert} />,
    value: effect.value, low: effect.low, high: effect.high, tone: isFound && share !== null ? ('worse' as const) : ('neutral' as const),
    note: !isFound ? 'not told apart' : share === null ? 'lowers the margin' : `carries ${formatPercent(share, 0)} of the margin`,
  }));
  return (
    <Card title="Left out one at a time" lead={`By how much refusing gets less likely without the expert, bits per byte. ${knockOuts.length > SHOWN ? `The ${SHOWN} with the greatest effect of ${knockOuts.length}.` : 'Greatest effect first.'}`}>
      {rows.length === 0 ? <Empty title="No expert was left out" /> : <EffectChart label="Fall of the refusal margin without each expert, bits per byte" name="concentration-knock-outs" header={['expert', 'fall of the margin, bit/byte']} rows={rows} format={signed} sides={['refuses more without it', 'refuses less without it']} />}
    </Card>
  );
}

function RatesCard({ found: { rates } }: { readonly found: ConcentrationFindings }) {
  const rows = rates.slice(0, SHOWN).map(({ layer, expert, difference, harmful, harmless, isFound }) => ({
    key: `${layer}/${expert}`, label: `layer ${layer}, expert ${expert}`, heading: <ExpertPlaceLink layer={layer} expert={expert} />,
    value: difference.value, low: difference.low, high: difference.high, tone: 'neutral' as const,
    note: `${isFound ? (difference.value > 0 ? 'oftener on harmful' : 'rarer on harmful') : 'not told apart'}${harmful === null || harmless === null ? '' : `: ${formatPercent(harmful)} against ${formatPercent(harmless)}`}`,
  }));
  return (
    <Card title="Selected oftener by harmful prompts" lead={`Share of tokens that select the expert, harmful less harmless prompts. ${rates.length > SHOWN ? `The ${SHOWN} with the greatest difference.` : ''}`}>
      {rows.length === 0 ? <Empty title="No rates were measured" /> : <EffectChart label="Difference of activation rates, harmful less harmless prompts" name="concentration-rates" header={['expert', 'difference of activation rate']} rows={rows} format={(value) => `${value > 0 ? '+' : ''}${formatPercent(value)}`} sides={['harmless', 'harmful']} />}
    </Card>
  );
}

function SmallestSetCard({ found: { carriers, target, isReached } }: { readonly found: ConcentrationFindings }) {
  return (
    <Card title="The smallest set found" lead={target === null ? 'Experts left out together, one more each time.' : `Experts left out together, one more each time, until ${formatPercent(target, 0)} of the refusal margin is gone. ${isReached ? 'It is reached.' : 'It was not reached.'}`} isFlush>
      <DataTable
        caption="The smallest set of experts, in the order in which it grew"
        rows={carriers.map((carrier, at) => ({ ...carrier, at }))}
        rowKey={({ at }) => String(at)}
        columns={[
          { id: 'at', header: 'Number', cell: ({ at }) => at + 1 },
          { id: 'expert', header: 'Expert', isRowHeader: true, cell: ({ layer, expert }) => <ExpertPlaceLink layer={layer} expert={expert} /> },
          { id: 'removed', header: 'Of the margin gone up to it', align: 'right', cell: ({ removed }) => formatPercent(removed) },
          { id: 'reached', header: <span className="sr-only">Target</span>, cell: ({ removed }) => target !== null && removed >= target && <Badge tone="warn">target reached</Badge> },
        ]}
      />
    </Card>
  );
}

function signed(value: number): string {
  return `${value > 0 ? '+' : ''}${formatNumber(value)}`;
}

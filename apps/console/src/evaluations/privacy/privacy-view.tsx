import { IntervalBars } from '../../charts/interval-bars.tsx';
import { Badge } from '../../ui/badge.tsx';
import { Card } from '../../ui/card.tsx';
import { DataTable } from '../../ui/data-table.tsx';
import { formatBits, formatCount, formatNumber, formatPercent } from '../../ui/format.ts';
import { Empty } from '../../ui/states.tsx';
import { type Estimate } from '../result/fields.ts';
import { levelInWords, type PrivacyFindings, type PrivacyLevel, privacyOf } from './privacy-result.ts';

/** What routing tells of the text at each capture level, so that the level is a decision. */
export function PrivacyView({ result }: { readonly result: unknown }) {
  const findings = privacyOf(result);
  if (findings.levels.length === 0) {
    return (
      <Card>
        <Empty title="The result holds no capture levels">What it says stands below as JSON.</Empty>
      </Card>
    );
  }
  return (
    <>
      <RecoveryCard findings={findings} />
      <LevelsCard findings={findings} />
      <div className="grid items-start gap-4 xl:grid-cols-2">
        {findings.layers.length > 0 && <LayersCard findings={findings} />}
        {findings.learning.length > 0 && <LearningCard findings={findings} />}
      </div>
      {findings.limits.length > 0 && (
        <Card title="What the figures do not show">
          <ul className="flex max-w-prose list-disc flex-col gap-1 pl-5 text-sm">
            {findings.limits.map((limit, at) => (
              <li key={at} className="wrap-anywhere">
                {limit}
              </li>
            ))}
          </ul>
        </Card>
      )}
    </>
  );
}

function RecoveryCard({ findings: { levels, chance, recommendation } }: { readonly findings: PrivacyFindings }) {
  const rows = levels.flatMap(({ level, tokenRecovery }) => (tokenRecovery === null ? [] : [barOf(level, levelInWords(level), tokenRecovery)]));
  const base = chance === null ? [] : [barOf('chance', 'Without any trace', chance)];
  return (
    <Card title="How much of the text an attacker gets back" lead="Share of held-out tokens that a trained attacker names at its first guess, from what each capture level keeps.">
      {recommendation !== null && (
        <p className="mb-2 max-w-prose rounded-md border border-line bg-raised px-3 py-2 text-sm wrap-anywhere">
          <span className="font-medium">Keep at most: {levelInWords(recommendation.level)}.</span> {recommendation.detail}
        </p>
      )}
      <IntervalBars label="Tokens recovered by capture level" name="privacy-recovery" header={['capture level', 'share of tokens recovered']} rows={[...rows, ...base]} format={(value) => formatPercent(value)} />
    </Card>
  );
}

function LevelsCard({ findings: { levels, recommendation } }: { readonly findings: PrivacyFindings }) {
  return (
    <Card title="Capture levels" lead="Class AUC is how well a class of text is told from the rest: 0.5 is a guess, 1 is certain. Information is by how many bits per token what is kept shortens the attacker's code." isFlush>
      <DataTable
        caption="Capture levels, from what is kept the most to the least"
        rows={levels}
        rowKey={({ level }) => level}
        columns={[
          {
            id: 'level', header: 'Kept', isRowHeader: true,
            cell: ({ level }) => (
              <div className="min-w-36">
                <p className="font-medium">{levelInWords(level)}</p>
                <p className="flex items-center gap-1.5 font-mono text-xs text-ink-soft">
                  {level}
                  {recommendation?.level === level && <Badge tone="ok">recommended</Badge>}
                </p>
              </div>
            ),
          },
          { id: 'recovery', header: 'Tokens recovered', align: 'right', cell: ({ tokenRecovery }) => <Value of={tokenRecovery} format={(value) => formatPercent(value)} /> },
          { id: 'top5', header: 'Among five guesses', align: 'right', cell: ({ top5 }) => <Value of={top5} format={(value) => formatPercent(value)} /> },
          { id: 'auc', header: 'Class AUC', align: 'right', cell: ({ classAuc }) => <Value of={classAuc} format={(value) => formatNumber(value)} /> },
          { id: 'information', header: 'Information', align: 'right', cell: ({ informationBits }) => <Value of={informationBits} format={formatBits} /> },
          { id: 'classes', header: 'By class', isSecondary: true, cell: (level) => <Classes of={level} /> },
        ]}
      />
    </Card>
  );
}

function Value({ of, format }: { readonly of: Estimate | null; readonly format: (value: number) => string }) {
  if (of === null) return <span className="text-ink-soft">none</span>;
  return (
    <>
      <span className="block font-medium whitespace-nowrap">{format(of.value)}</span>
      {of.low !== null && of.high !== null && (
        <span className="block text-xs whitespace-nowrap text-ink-soft">
          {format(of.low)} to {format(of.high)}
        </span>
      )}
    </>
  );
}

function Classes({ of: { classes } }: { readonly of: PrivacyLevel }) {
  if (classes.length === 0) return <span className="text-ink-soft">none</span>;
  const sorted = classes.toSorted((a, b) => b.auc.value - a.auc.value);
  return <span className="block max-w-72 text-xs wrap-anywhere">{sorted.map(({ label, auc }) => `${label} ${formatNumber(auc.value, 2)}`).join(', ')}</span>;
}

function LayersCard({ findings: { layers } }: { readonly findings: PrivacyFindings }) {
  const rows = layers.flatMap(({ layer, tokenBits }) => (tokenBits === null ? [] : [barOf(String(layer), `Layer ${layer}`, tokenBits)]));
  const classes = layers.flatMap(({ layer, classBits }) => (classBits === null ? [] : [barOf(String(layer), `Layer ${layer}`, classBits)]));
  return (
    <Card title="Which layers tell most" lead="Mutual information of token and expert, and of class and expert, in bits.">
      {rows.length > 0 && <h3 className="text-xs font-medium">On the token</h3>}
      {rows.length > 0 && <IntervalBars label="Information on the token by layer" name="privacy-token-bits" header={['layer', 'bits on the token']} rows={rows} format={formatBits} />}
      {classes.length > 0 && <h3 className="mt-3 text-xs font-medium">On the class</h3>}
      {classes.length > 0 && <IntervalBars label="Information on the class by layer" name="privacy-class-bits" header={['layer', 'bits on the class']} rows={classes} format={formatBits} />}
    </Card>
  );
}

function LearningCard({ findings: { learning } }: { readonly findings: PrivacyFindings }) {
  const rows = learning.map(({ trainTokens, recovery }) => barOf(String(trainTokens), `${formatCount(trainTokens)} tokens`, recovery));
  return (
    <Card title="A better attacker is a matter of data" lead="Tokens recovered by an attacker that was trained on so many tokens. Where the last bars still grow, a real one may get more.">
      <IntervalBars label="Tokens recovered by training data of the attacker" name="privacy-learning" header={['tokens trained on', 'share of tokens recovered']} rows={rows} format={(value) => formatPercent(value)} />
    </Card>
  );
}

function barOf(key: string, label: string, { value, low, high }: Estimate) {
  return { key, label, value, interval: low === null || high === null ? null : { low: Math.max(0, low), high } };
}

import { Card } from '../../ui/card.tsx';
import { Empty } from '../../ui/states.tsx';
import { ComparisonCard } from './comparison-card.tsx';
import { JudgeCard } from './judge-card.tsx';
import { FailuresCard } from './failures-card.tsx';
import { GatesCard } from './gates-card.tsx';
import { MetricsCard } from './metrics-card.tsx';
import { tasksOf } from './suite-result.ts';

/** What a suite found: gates and failures first where there are any, then what got worse and better, then every figure. */
export function SuiteView({ result, measured }: { readonly result: unknown; readonly measured: unknown }) {
  const tasks = tasksOf(result);
  const timed = tasksOf(measured);
  if (tasks.length === 0 && timed.length === 0) {
    return (
      <Card>
        <Empty title="The result holds no tasks">What it says stands below as JSON.</Empty>
      </Card>
    );
  }
  const metrics = tasks.flatMap((task) => task.metrics);
  const compared = metrics.filter(({ difference }) => difference !== null);
  const gates = tasks.flatMap((task) => task.gates);
  const failures = tasks.flatMap((task) => task.failures);
  return (
    <>
      {tasks.flatMap(({ judging }) => judging ?? []).map((judging) => (
        <JudgeCard key={judging.task} judging={judging} />
      ))}
      {gates.length > 0 && <GatesCard gates={gates} metrics={metrics} />}
      {compared.length > 0 && <ComparisonCard metrics={compared} />}
      {failures.length > 0 && <FailuresCard failures={failures} />}
      {metrics.length > 0 && <MetricsCard title="Every figure" lead="With 95 % confidence intervals over items. p-values are adjusted for the number of comparisons of this run." metrics={metrics} name="evaluation-metrics" />}
      {timed.length > 0 && <MetricsCard title="By the clock" lead="Measured on this machine while it did other work too. Not part of the result's digest: another run has other figures." metrics={timed.flatMap((task) => task.metrics)} name="evaluation-clock" />}
    </>
  );
}

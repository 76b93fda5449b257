import { type EvidenceBatch, type Side } from '#libs/governance/rollout/evidence';

/** A rule that others use, on the same traffic. True once it would roll the candidate back. */
export interface Rule {
  readonly name: string;
  readonly start: () => RuleState;
}

export interface RuleState {
  /** One look; a new step begins its windows anew. */
  look(step: number, batch: EvidenceBatch): boolean;
  /** The step is over. */
  endStep(): boolean;
}

const MARGINS = { errors: 0.005, argmax: 0.1, feedback: 0.05 };
/** Fewer than this on either side, and nobody would test. */
const LEAST = 30;
const TESTS = 4;
const STEPS = 3;

class StepData {
  readonly requests = { candidate: 0, stable: 0 };
  readonly failed = { candidate: 0, stable: 0 };
  readonly scores = { candidate: [] as number[], stable: [] as number[] };
  /** Mean duration of each tick, as a metrics store gives it. */
  readonly durations = { candidate: [] as number[], stable: [] as number[] };
  readonly argmax: number[] = [];

  add({ requests, shadows, feedback }: EvidenceBatch): void {
    const tick = { candidate: [] as number[], stable: [] as number[] };
    for (const { side, status, durationMs } of requests) {
      this.requests[side] += 1;
      if (status === 'failed') this.failed[side] += 1;
      else tick[side].push(durationMs);
    }
    for (const side of ['candidate', 'stable'] as const) if (tick[side].length > 0) this.durations[side].push(mean(tick[side]));
    for (const { argmaxDisagreement } of shadows) this.argmax.push(argmaxDisagreement);
    for (const { side, score } of feedback) this.scores[side].push(score);
  }

  /** One-sided p values of tests made for one look, with a margin or without. */
  pValues(margin: boolean): number[] {
    return [this.#errors(margin ? MARGINS.errors : 0), mannWhitney(this.durations.candidate, this.durations.stable), this.#feedback(margin ? MARGINS.feedback : 0), this.#argmax()];
  }

  /** Two proportions, pooled where there is no margin. */
  #errors(margin: number): number {
    const [n, m] = [this.requests.candidate, this.requests.stable];
    if (n < LEAST || m < LEAST) return 1;
    const [p, q] = [this.failed.candidate / n, this.failed.stable / m];
    const pooled = (this.failed.candidate + this.failed.stable) / (n + m);
    const spread = margin === 0 ? pooled * (1 - pooled) * (1 / n + 1 / m) : (p * (1 - p)) / n + (q * (1 - q)) / m;
    return spread === 0 ? 1 : upperTail((p - q - margin) / Math.sqrt(spread));
  }

  #feedback(margin: number): number {
    const { candidate, stable } = this.scores;
    if (candidate.length < LEAST || stable.length < LEAST) return 1;
    const error = Math.sqrt(variance(candidate) / candidate.length + variance(stable) / stable.length);
    return error === 0 ? 1 : upperTail((mean(stable) - mean(candidate) - margin) / error);
  }

  #argmax(): number {
    if (this.argmax.length < LEAST) return 1;
    return upperTail((mean(this.argmax) - MARGINS.argmax) / Math.sqrt(variance(this.argmax) / this.argmax.length));
  }
}

/** Tests made for one look, looked at as often as the rule says. */
function testing(name: string, level: number, when: 'each tick' | 'end of step', margin: boolean): Rule {
  return {
    name,
    start: () => {
      let data = new StepData();
      let current = 0;
      const fails = (): boolean => data.pValues(margin).some((p) => p < level);
      return {
        look: (step, batch) => {
          if (step !== current) data = new StepData();
          current = step;
          data.add(batch);
          return when === 'each tick' && fails();
        },
        endStep: () => when === 'end of step' && fails(),
      };
    },
  };
}

/** A limit on the canary alone, as an analysis template has it: errors of the last minute, three bad measurements in a row. */
function limit(name: string, most: number): Rule {
  const TICKS = 30;
  return {
    name,
    start: () => {
      let window: { requests: number; failed: number }[] = [];
      let bad = 0;
      let ticks = 0;
      return {
        look: (_, { requests }) => {
          const own = requests.filter(({ side }) => side === ('candidate' satisfies Side));
          window = [...window, { requests: own.length, failed: own.filter(({ status }) => status === 'failed').length }].slice(-TICKS);
          ticks += 1;
          if (ticks % TICKS !== 0) return false;
          const sum = window.reduce((total, one) => ({ requests: total.requests + one.requests, failed: total.failed + one.failed }));
          bad = sum.requests > 0 && sum.failed / sum.requests > most ? bad + 1 : 0;
          return bad >= 3;
        },
        endStep: () => false,
      };
    },
  };
}

export const RULES: readonly Rule[] = [
  testing('tests at 5%, each tick', 0.05, 'each tick', false),
  testing('tests at 5%, each tick, with margins', 0.05, 'each tick', true),
  testing('tests at 2% (98%), each tick', 0.02, 'each tick', false),
  testing('Bonferroni over guards and steps, each tick', 0.05 / TESTS / STEPS, 'each tick', true),
  testing('Bonferroni over guards and steps, end of step', 0.05 / TESTS / STEPS, 'end of step', true),
  limit('limit: errors of the candidate <= 3%, three minutes', 0.03),
];

/** One-sided, normal approximation (Mann & Whitney 1947); ties do not occur in means of durations. */
function mannWhitney(treated: readonly number[], control: readonly number[]): number {
  const [n, m] = [treated.length, control.length];
  if (n < LEAST || m < LEAST) return 1;
  const all = [...treated.map((x) => [x, 1] as const), ...control.map((x) => [x, 0] as const)].toSorted((a, b) => a[0] - b[0]);
  const ranks = all.reduce((sum, [, isTreated], at) => sum + (isTreated ? at + 1 : 0), 0);
  const u = ranks - (n * (n + 1)) / 2;
  return upperTail((u - (n * m) / 2) / Math.sqrt((n * m * (n + m + 1)) / 12));
}

/** 1 - Phi(z), Abramowitz & Stegun 7.1.26: error below 1.5e-7. */
function upperTail(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * x);
  const tail = (((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t * Math.exp(-x * x)) / 2;
  return z >= 0 ? tail : 1 - tail;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function variance(values: readonly number[]): number {
  const centre = mean(values);
  return values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1);
}

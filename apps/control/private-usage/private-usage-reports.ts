import { Inject, Injectable } from '@nestjs/common';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { type ROUTES } from '#libs/contract/management/routes';
import { ProblemError } from '#libs/platform/errors/problem-error';
import { noiseScale, privateCounts, sharesOfPrivateCounts } from '#libs/stats/private/private-counts';
import { cutOf } from '../routing/usage-cut.ts';
import { RELEASE_CATALOG, type ReleaseCatalog, USAGE_READER, type UsagePort } from '../routing/usage-reader.ts';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';
import { answerDigest, answerNoise } from './answer-noise.ts';
import { NOISE_KEY, PRIVACY_BUDGET, type PrivacyBudgetPort } from './private-usage-ports.ts';

type Asked = RouteInput<typeof ROUTES.getPrivateUsage>['query'];

const DAY_MS = 86_400_000;
const MAX_DAYS = 31;

/** Gives usage out so that no answer, nor all of them together, tells much of any one request. */
@Injectable()
export class PrivateUsageReports {
  constructor(
    @Inject(USAGE_READER) private readonly usage: UsagePort,
    @Inject(RELEASE_CATALOG) private readonly catalog: ReleaseCatalog,
    @Inject(PRIVACY_BUDGET) private readonly budget: PrivacyBudgetPort,
    @Inject(NOISE_KEY) private readonly key: Uint8Array,
    @Inject(CONTROL_SETTINGS) private readonly settings: ControlSettings,
  ) {}

  async read(asked: Asked): Promise<RouteOutput<typeof ROUTES.getPrivateUsage>> {
    const rules = this.settings.house?.privateUsage ?? null;
    if (rules === null) {
      throw new ProblemError({ status: 404, code: 'private_usage_off', title: 'There are no private statistics here', detail: 'Set SIGNALBOX_PRIVACY_EPSILON for this process and the pipeline to have them.' });
    }
    const nowMs = this.settings.now();
    const days = daysBetween(asked, nowMs);
    const { choice, query } = await cutOf(this.catalog, { ...asked, from: `${asked.from}T00:00:00Z`, to: new Date(Date.parse(asked.to) + DAY_MS).toISOString() }, nowMs);
    const { groups } = await this.usage.usageMatrix(query);
    const numbers = asked.layer === undefined ? Array.from({ length: choice.layers }, (_, layer) => layer) : [asked.layer];
    // A layer without usage has noise like any other: that there is none is not told either.
    const counts = numbers.flatMap((layer) => {
      const found = groups[0]?.layers.find((own) => own.layer === layer);
      return found ? [...found.load] : Array.from({ length: choice.experts }, () => 0);
    });
    const { epsilonThousandths, budgetThousandths, requestTokens } = rules;
    const privacy = { epsilonThousandths, sensitivity: requestTokens * choice.topK * numbers.length };
    const digest = answerDigest(this.key, [asked, choice.releaseIds, rules], counts);
    const spent = await this.budget.spend({ model: choice.model, days, epsilonThousandths, budgetThousandths, answerDigest: digest, atMs: nowMs });
    if (spent.outcome === 'exhausted') throw exhausted(spent.day, spent.leftThousandths);
    const noisy = privateCounts(counts, privacy, answerNoise(this.key, digest));
    return {
      model: choice.model,
      releases: [...choice.releaseIds],
      from: asked.from,
      to: asked.to,
      layers: numbers.map((layer, at) => {
        const load = noisy.slice(at * choice.experts, (at + 1) * choice.experts);
        return { layer, load, share: sharesOfPrivateCounts(load) };
      }),
      epsilon: epsilonThousandths / 1000,
      budget: budgetThousandths / 1000,
      noiseScale: noiseScale(privacy),
      sensitivity: privacy.sensitivity,
    };
  }
}

function daysBetween({ from, to }: Asked, nowMs: number): string[] {
  const firstMs = Date.parse(from);
  const lastMs = Date.parse(to);
  const refuse = (field: 'from' | 'to', detail: string): never => {
    throw new ProblemError({ status: 400, code: 'bad_days', title: 'These days cannot be asked for', detail: `Query field ${field}: ${detail}`, field });
  };
  if (lastMs + DAY_MS > nowMs) refuse('to', 'give a day that has ended in UTC: the sums of a day that goes on would be told twice.');
  if (firstMs > lastMs || (lastMs - firstMs) / DAY_MS >= MAX_DAYS) refuse('from', `give a day up to ${MAX_DAYS - 1} days before \`to\`.`);
  return Array.from({ length: (lastMs - firstMs) / DAY_MS + 1 }, (_, at) => new Date(firstMs + at * DAY_MS).toISOString().slice(0, 10));
}

function exhausted(day: string, leftThousandths: number): ProblemError {
  return new ProblemError({
    status: 409,
    code: 'privacy_budget_spent',
    title: 'The privacy budget is spent',
    detail: `The answers about ${day} have told as much as they may (${leftThousandths / 1000} is left). Ask about other days, ask again what was asked before, or have somebody who may read exact usage look.`,
  });
}

import { Inject, Injectable } from '@nestjs/common';
import { namedReleases } from '#libs/governance/activation/activation-state';
import { warningsOf } from '#libs/governance/data-rules/check-rules';
import { decideExpertMask, maskedShape } from '#libs/governance/data-rules/decide-expert-mask';
import { type DataRule, type RuleLabels } from '#libs/governance/data-rules/rule-set';
import { expertName } from '#libs/release/component';
import { type RouteOutput } from '#libs/contract/management/route';
import { type ROUTES } from '#libs/contract/management/routes';
import { ProblemError } from '#libs/platform/errors/problem-error';
import { type StoredRuleSet } from '#libs/store/data-rules/rule-sets';
import { type StoredRelease } from '#libs/store/releases/releases';
import { decodeCursor, page } from '../http/cursor.ts';
import { ACTIVATIONS, type ActivationsPort } from '../models/activation-ports.ts';
import { modelNotFound } from '../models/activation-problems.ts';
import { RELEASES, type ReleasesPort } from '../releases/releases-port.ts';
import { DATA_RULES, type DataRulesPort } from './data-rules-port.ts';
import { DataRulesDesk } from './data-rules-desk.ts';

type Body = RouteOutput<typeof ROUTES.getDataRules>;
type CheckBody = RouteOutput<typeof ROUTES.checkDataRules>;

/** Tells which rules hold, which held, and what they mean for a request. */
@Injectable()
export class DataRulesReports {
  constructor(
    @Inject(DATA_RULES) private readonly rules: DataRulesPort,
    @Inject(RELEASES) private readonly releases: ReleasesPort,
    @Inject(ACTIVATIONS) private readonly activations: Pick<ActivationsPort, 'find'>,
    private readonly desk: DataRulesDesk,
  ) {}

  async current(model: string): Promise<Body> {
    await this.#assertModel(model);
    const current = await this.rules.current(model);
    if (!current) return { model, generation: 0, digest: null, rules: [], writtenAt: null, writtenBy: null, warnings: [] };
    return { ...generationBody(current), warnings: await this.warnings(model, current.rules) };
  }

  async body(ruleSet: StoredRuleSet): Promise<Body> {
    return { ...generationBody(ruleSet), warnings: await this.warnings(ruleSet.model, ruleSet.rules) };
  }

  async history(model: string, { cursor, limit }: { readonly cursor?: string | undefined; readonly limit: number }): Promise<RouteOutput<typeof ROUTES.listDataRulesHistory>> {
    await this.#assertModel(model);
    const before = decodeCursor(cursor, ([generation]) => (Number.isSafeInteger(generation) ? (generation as number) : null));
    const { items, nextCursor } = page(await this.rules.history(model, limit + 1, before), limit, ({ generation }) => [generation]);
    return { items: items.map(generationBody), nextCursor };
  }

  /** @param draft rules to try in place of those in force */
  async check(model: string, labels: RuleLabels, releaseId: string | undefined, draft: readonly DataRule[] | undefined): Promise<CheckBody> {
    if (draft) await this.desk.assertSound(model, draft);
    else await this.#assertModel(model);
    const current = await this.rules.current(model);
    const rules = draft ?? current?.rules ?? [];
    const releases = await this.#releases(model, releaseId);
    return {
      model,
      generation: current?.generation ?? 0,
      digest: draft ? null : (current?.digest ?? null),
      releases: releases.map((release) => checked(release, rules, labels)),
      warnings: await this.warnings(model, rules),
    };
  }

  /** Of the release that answers now; none where there is none. */
  async warnings(model: string, rules: readonly DataRule[]): Promise<Body['warnings']> {
    const activation = await this.activations.find(model);
    const stable = activation && (await this.releases.find(activation.stable));
    return stable ? warningsOf(rules, maskedShape(stable.manifest)).map((one) => ({ ...one, rules: [...one.rules] })) : [];
  }

  async #releases(model: string, releaseId: string | undefined): Promise<readonly StoredRelease[]> {
    if (releaseId === undefined) {
      const activation = await this.activations.find(model);
      const found = await Promise.all((activation ? [...new Set(namedReleases(activation))] : []).map((id) => this.releases.find(id)));
      return found.filter((one) => one !== null);
    }
    const release = await this.releases.find(releaseId);
    if (release?.model === model) return [release];
    throw new ProblemError({
      status: 404,
      code: 'release_not_found',
      title: 'No such release',
      detail: `Body field release: GET /api/v1/releases?model=${encodeURIComponent(model)} lists those of the model.`,
      field: 'release',
    });
  }

  async #assertModel(model: string): Promise<void> {
    if ((await this.releases.list(1, model)).length === 0) throw modelNotFound();
  }
}

function generationBody({ model, generation, digest, rules, writtenAtMs, writtenBy }: StoredRuleSet): RouteOutput<typeof ROUTES.listDataRulesHistory>['items'][number] {
  return { model, generation, digest, rules: rules as Body['rules'], writtenAt: new Date(writtenAtMs).toISOString(), writtenBy };
}

function checked({ releaseId, manifest }: StoredRelease, rules: readonly DataRule[], labels: RuleLabels): CheckBody['releases'][number] {
  const { reason, experts, tooFew, refused } = decideExpertMask({ rules }, maskedShape(manifest), labels);
  return {
    releaseId,
    outcome: reason,
    masked: experts.map(({ layer, expert, rules: ids }) => ({ expert: expertName(layer, expert), sha256: manifest.components[expertName(layer, expert)] ?? '', rules: [...ids] })),
    tooFew: [...tooFew],
    refused: refused && { layer: refused.layer, rules: [...refused.rules] },
  };
}

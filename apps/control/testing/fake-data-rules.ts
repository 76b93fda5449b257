import { ruleSetDigest } from '#libs/governance/data-rules/rule-set';
import { type AuditEntry } from '#libs/store/audit/audit-log';
import { type NewRuleSet, type StoredRuleSet } from '#libs/store/data-rules/rule-sets';
import { type StoredRelease } from '#libs/store/releases/releases';
import { type DataRulesPort, type RuleSetUnitPort } from '../data-rules/data-rules-port.ts';

/** Data rules in memory. */
export class FakeDataRules implements DataRulesPort {
  readonly sets: StoredRuleSet[] = [];

  constructor(
    private readonly releases: readonly StoredRelease[],
    private readonly audit: (entry: AuditEntry) => void,
  ) {}

  async current(model: string): Promise<StoredRuleSet | null> {
    return this.sets.findLast((set) => set.model === model) ?? null;
  }

  async history(model: string, limit: number, beforeGeneration: number | null = null): Promise<readonly StoredRuleSet[]> {
    return this.sets.filter((set) => set.model === model && set.generation < (beforeGeneration ?? Infinity)).toReversed().slice(0, limit);
  }

  async expertVersions(model: string): Promise<ReadonlySet<string>> {
    const ofModel = this.releases.filter((release) => release.model === model);
    return new Set(ofModel.flatMap(({ manifest }) => Object.entries(manifest.components).flatMap(([name, sha256]) => (name.startsWith('expert/') ? [sha256] : []))));
  }

  /** What fails leaves nothing. */
  async transaction<T>(work: (unit: RuleSetUnitPort) => Promise<T>): Promise<T> {
    const before = this.sets.length;
    try {
      return await work(this.unit());
    } catch (error) {
      this.sets.length = before;
      throw error;
    }
  }

  unit(): RuleSetUnitPort {
    return {
      manager: {} as RuleSetUnitPort['manager'],
      current: (model) => this.current(model),
      write: async ({ model, rules, expectedGeneration, atMs, by }: NewRuleSet) => {
        if (((await this.current(model))?.generation ?? 0) !== expectedGeneration) return { outcome: 'stale' };
        const generation = expectedGeneration + 1;
        const ruleSet = { model, generation, rules, digest: ruleSetDigest(model, generation, rules) };
        this.sets.push({ ...ruleSet, writtenAtMs: atMs, writtenBy: by });
        return { outcome: 'written', ruleSet };
      },
      append: async (entry) => this.audit(entry),
    };
  }
}

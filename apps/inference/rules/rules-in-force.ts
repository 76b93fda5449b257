import { type DataRuleSet } from '#libs/governance/data-rules/rule-set';

/** Where the inference app learns which data rules are in force. */
export interface RuleDirectory {
  /** Names what is in force for each model that has rules; cheap to ask. */
  heads(): Promise<readonly { readonly model: string; readonly digest: string }[]>;
  byDigest(digest: string): Promise<DataRuleSet | null>;
}
export const RULE_DIRECTORY = Symbol('RuleDirectory');

/** `unknown`: it cannot be told what holds, so nothing may run. null: the model has no rules. */
export type RulesOfModel = DataRuleSet | null | 'unknown';

/**
 * The data rules as last read. Until they have been read once, no model's are known. After that an
 * outage keeps what was known; a rule set that cannot be read keeps the one before it in force, and
 * where there is none the model's rules are unknown.
 */
export class RulesInForce {
  #known = false;
  /** By model, the digest last told of: it is tried again at each look, but one line in the log does. */
  readonly #told = new Map<string, string>();
  #byModel: ReadonlyMap<string, DataRuleSet | 'unknown'> = new Map();
  #sync: Promise<void> | null = null;
  #again = false;

  constructor(
    private readonly directory: RuleDirectory,
    private readonly tellUnreadable: (model: string, digest: string, error: unknown) => void,
  ) {}

  of(model: string): RulesOfModel {
    if (!this.#known) return 'unknown';
    return this.#byModel.get(model) ?? null;
  }

  /** Models whose rules are unknown; null while all are. */
  unknown(): readonly string[] | null {
    if (!this.#known) return null;
    return [...this.#byModel].filter(([, rules]) => rules === 'unknown').map(([model]) => model);
  }

  /** Reads what is in force. A call while one runs has it read once more, so that it sees what it was called for. */
  sync(): Promise<void> {
    if (this.#sync) {
      this.#again = true;
      return this.#sync;
    }
    this.#sync = this.#readAll().finally(() => {
      this.#sync = null;
    });
    return this.#sync;
  }

  async #readAll(): Promise<void> {
    do {
      this.#again = false;
      await this.#read();
    } while (this.#again);
  }

  async #read(): Promise<void> {
    const next = new Map<string, DataRuleSet | 'unknown'>();
    for (const { model, digest } of await this.directory.heads()) {
      const former = this.#byModel.get(model) ?? 'unknown';
      next.set(model, former !== 'unknown' && former.digest === digest ? former : await this.#load(model, digest, former));
    }
    this.#byModel = next;
    this.#known = true;
  }

  async #load(model: string, digest: string, former: DataRuleSet | 'unknown'): Promise<DataRuleSet | 'unknown'> {
    try {
      const loaded = await this.directory.byDigest(digest);
      if (loaded?.model === model) return loaded;
      throw new Error('the rule set is not there');
    } catch (error) {
      if (this.#told.get(model) !== digest) this.tellUnreadable(model, digest, error);
      this.#told.set(model, digest);
      return former;
    }
  }
}

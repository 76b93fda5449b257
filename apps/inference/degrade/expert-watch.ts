import { type Engine, type ExpertCondition } from '#libs/runtime/engine/engine';
import { type ObservedExpert } from '#libs/store/quarantine/quarantine-holds';

interface Condition {
  readonly experts: readonly ExpertCondition[];
  readonly isExhausted: boolean;
}

/** Where the engine gives none. */
const REASONS: Readonly<Record<ExpertCondition['state'], string>> = { quarantined: 'in quarantine', open: 'its circuit breaker is open', 'half-open': 'it is being probed' };

/** What the engine says of its experts, as last asked. */
export class ExpertWatch {
  #conditions: ReadonlyMap<string, Condition> = new Map();

  constructor(private readonly engine: Pick<Engine, 'health'>) {}

  /** Asks for these releases; one that does not answer, such as while it is unloaded, is taken as it was. */
  async look(releaseIds: readonly string[]): Promise<void> {
    const looked = await Promise.all(releaseIds.map(async (releaseId) => [releaseId, await this.#ask(releaseId)] as const));
    this.#conditions = new Map(looked.flatMap(([releaseId, condition]) => (condition ? [[releaseId, condition] as const] : [])));
  }

  /** A layer has too few experts left to serve. */
  isExhausted(releaseId: string): boolean {
    return this.#conditions.get(releaseId)?.isExhausted ?? false;
  }

  /** An expert is out of service because it failed. */
  hasBroken(releaseId: string): boolean {
    return this.#conditions.get(releaseId)?.experts.some(({ state }) => state !== 'quarantined') ?? false;
  }

  /** Those that do not serve as usual, by release, layer and expert. */
  experts(): readonly ObservedExpert[] {
    return [...this.#conditions].flatMap(([releaseId, { experts }]) =>
      experts.map(({ layer, expert, state, reason, sinceMs }) => ({ releaseId, layer, expert, state, reason: reason ?? REASONS[state], sinceMs })),
    );
  }

  async #ask(releaseId: string): Promise<Condition | null> {
    try {
      const { experts, exhaustedLayers } = await this.engine.health(releaseId);
      return { experts, isExhausted: exhaustedLayers.length > 0 };
    } catch {
      return this.#conditions.get(releaseId) ?? null;
    }
  }
}

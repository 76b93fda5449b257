import { type DataSource } from 'typeorm';

export interface PrivacySpending {
  readonly model: string;
  /** UTC days that the answer is about, as YYYY-MM-DD. */
  readonly days: readonly string[];
  readonly epsilonThousandths: number;
  readonly budgetThousandths: number;
  /** Names the answer with all that it depends on: given again it costs nothing. */
  readonly answerDigest: Uint8Array;
  readonly atMs: number;
}

/** `exhausted`: nothing was spent, and `day` has too little left. */
export type Spent = { readonly outcome: 'spent' | 'known' } | { readonly outcome: 'exhausted'; readonly day: string; readonly leftThousandths: number };

class Exhausted extends Error {
  constructor(readonly day: string, readonly leftThousandths: number) {
    super(`the budget of ${day} is spent`);
  }
}

/**
 * Accounts for private answers. A request is of one day, so what is spent on that day bounds all that
 * answers tell of it (sequential composition within a day, parallel composition over days).
 */
export class PrivacyBudget {
  constructor(private readonly dataSource: DataSource) {}

  /** All of its days pay, or none. */
  async spend({ model, days, epsilonThousandths, budgetThousandths, answerDigest, atMs }: PrivacySpending): Promise<Spent> {
    try {
      return await this.dataSource.transaction(async (manager): Promise<Spent> => {
        const fresh: unknown[] = await manager.query(`INSERT INTO signalbox.privacy_answer (digest, given_at) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING 1`, [Buffer.from(answerDigest), new Date(atMs)]);
        if (fresh.length === 0) return { outcome: 'known' };
        // In order of days, so that two answers never wait for each other.
        for (const day of days.toSorted()) {
          const [row]: { spent: string }[] = await manager.query(
            `INSERT INTO signalbox.privacy_spending (model, day, spent) VALUES ($1, $2, $3)
             ON CONFLICT (model, day) DO UPDATE SET spent = signalbox.privacy_spending.spent + EXCLUDED.spent RETURNING spent`,
            [model, day, epsilonThousandths],
          );
          const spent = Number(row?.spent ?? epsilonThousandths);
          if (spent > budgetThousandths) throw new Exhausted(day, Math.max(0, budgetThousandths - (spent - epsilonThousandths)));
        }
        return { outcome: 'spent' };
      });
    } catch (error) {
      if (error instanceof Exhausted) return { outcome: 'exhausted', day: error.day, leftThousandths: error.leftThousandths };
      throw error;
    }
  }
}

import { type DataSource } from 'typeorm';

/** One request that ran on the stable release and, unanswered, on a shadow. Both saw the same tokens. */
export interface ShadowComparison {
  readonly model: string;
  /** Release that answered. */
  readonly stable: string;
  /** Release that ran as shadow. */
  readonly shadow: string;
  /** UUID. */
  readonly requestId: string;
  /** Admission of the request, epoch milliseconds. */
  readonly atMs: number;
  /** Tokens that were compared; 0 makes the row say nothing. */
  readonly tokens: number;
  /** Mean over tokens of log p_stable - log p_shadow of the token that followed, nats: above 0 where the shadow is worse. */
  readonly meanLogLikelihoodDifference: number;
  /** Mean over tokens of KL(stable || shadow), bits. */
  readonly meanKlBits: number;
  /** Share of tokens whose likeliest next token differs, 0 to 1. */
  readonly argmaxDisagreement: number;
  /** For each layer, the mean share of a token's selected experts that the shadow did not select, 0 to 1. */
  readonly decisionDisagreement: readonly number[];
}

/** Rows of one statement: well below what a message of PostgreSQL holds. */
const CHUNK = 500;

/** What shadows differed in, a row for each compared request. */
export class ShadowComparisons {
  constructor(private readonly dataSource: DataSource) {}

  /** A request that is there already for its shadow stays as it is. @throws RangeError naming a field that is no finite number */
  async insert(rows: readonly ShadowComparison[]): Promise<void> {
    rows.forEach(assertFinite);
    for (let first = 0; first < rows.length; first += CHUNK) {
      await this.dataSource.query(
        `INSERT INTO signalbox.shadow_comparison (shadow, request_id, stable, model, at, tokens, mean_log_likelihood_difference,
           mean_kl_bits, argmax_disagreement, decision_disagreement)
         SELECT shadow, "requestId", stable, model, to_timestamp("atMs" / 1000.0), tokens, "meanLogLikelihoodDifference", "meanKlBits",
           "argmaxDisagreement", "decisionDisagreement"
         FROM jsonb_to_recordset($1::jsonb) AS r(shadow text, "requestId" uuid, stable text, model text, "atMs" float8, tokens integer,
           "meanLogLikelihoodDifference" float8, "meanKlBits" float8, "argmaxDisagreement" float8, "decisionDisagreement" float8[])
         ON CONFLICT (shadow, request_id) DO NOTHING`,
        [JSON.stringify(rows.slice(first, first + CHUNK))],
      );
    }
  }
}

function assertFinite(row: ShadowComparison): void {
  const { meanLogLikelihoodDifference, meanKlBits, argmaxDisagreement, atMs, tokens, decisionDisagreement } = row;
  const figures = { meanLogLikelihoodDifference, meanKlBits, argmaxDisagreement, atMs, tokens, decisionDisagreement: decisionDisagreement.reduce((a, b) => a + b, 0) };
  for (const [field, value] of Object.entries(figures)) {
    if (!Number.isFinite(value)) throw new RangeError(`${field} of the comparison of request ${row.requestId} is ${value}; leave the row out`);
  }
}

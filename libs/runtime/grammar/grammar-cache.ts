import { AnswerAutomaton } from './answer-automaton.ts';
import { AnswerConstraint, type PreparedGrammar } from './answer-constraint.ts';
import { type AnswerGrammar } from './answer-grammar.ts';
import { compileSchema } from './compile-schema.ts';
import { TokenMasks } from './token-masks.ts';
import { Vocabulary, type VocabularyTokens } from './vocabulary.ts';

/** Grammars that a release keeps ready; the one unused for longest goes first. */
const KEPT_GRAMMARS = 16;

/** The grammars of one release, ready for its vocabulary. Costs nothing until the first one is asked for. */
export class GrammarCache {
  readonly #table: VocabularyTokens;
  readonly #vocabSize: number;
  #vocabulary: Vocabulary | null = null;
  readonly #kept = new Map<string, PreparedGrammar>();

  constructor(table: VocabularyTokens, vocabSize: number) {
    this.#table = table;
    this.#vocabSize = vocabSize;
  }

  /** A new answer's constraint. @throws SchemaError where admission let a schema pass that it should not have */
  constrain(grammar: AnswerGrammar): AnswerConstraint {
    return new AnswerConstraint(this.#prepare(grammar), (token) => this.#table.bytes(token));
  }

  #prepare({ digest, schema, isStrict }: AnswerGrammar): PreparedGrammar {
    const present = this.#kept.get(digest);
    if (present) this.#kept.delete(digest);
    const prepared = present ?? this.#build(schema, isStrict);
    this.#kept.set(digest, prepared);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > KEPT_GRAMMARS && oldest !== undefined) this.#kept.delete(oldest);
    return prepared;
  }

  #build(schema: string, isStrict: boolean): PreparedGrammar {
    const automaton = new AnswerAutomaton(compileSchema(JSON.parse(schema), isStrict));
    this.#vocabulary ??= new Vocabulary(this.#table, this.#vocabSize);
    return { automaton, masks: new TokenMasks(automaton, this.#vocabulary) };
  }
}

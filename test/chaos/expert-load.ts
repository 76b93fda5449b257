/** Requests at a time. */
const PARALLEL = 6;
const MAX_TOKENS = 12;
const PROMPTS = [
  'The quick brown fox',
  'Im Anfang war das Wort',
  'def main():\n    print(',
  'Once upon a time there was',
  'La maison est',
  'function add(a, b) {',
  'El sol sale por',
  'and it came to pass',
];

/** Completions of the demo model, over and over, until it is ended. */
export class ExpertLoad {
  /** Answers before any load, greedily sampled. */
  plain: readonly string[] = [];
  answered = 0;
  /** What went wrong, as sentences. */
  readonly failures: string[] = [];
  readonly #url: string;
  readonly #key: string;
  #isEnding = false;
  #clients: Promise<void>[] = [];

  constructor(url: string, key: string) {
    this.#url = url;
    this.#key = key;
  }

  async askPlain(): Promise<void> {
    this.plain = await this.answers();
  }

  begin(): void {
    this.#clients = Array.from({ length: PARALLEL }, (_, client) => this.#keepAsking(client));
  }

  async end(): Promise<void> {
    this.#isEnding = true;
    await Promise.all(this.#clients);
  }

  /** The answer to each prompt. @throws where one fails */
  async answers(): Promise<string[]> {
    const answers: string[] = [];
    for (const prompt of PROMPTS) answers.push(await this.#ask(prompt));
    return answers;
  }

  async #keepAsking(client: number): Promise<void> {
    for (let at = client; !this.#isEnding; at++) {
      try {
        await this.#ask(PROMPTS[at % PROMPTS.length]!);
        this.answered += 1;
      } catch (error) {
        this.failures.push(error instanceof Error ? error.message : String(error));
      }
    }
  }

  async #ask(prompt: string): Promise<string> {
    const response = await fetch(`${this.#url}/v1/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.#key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'tiny-mixtral', prompt, max_tokens: MAX_TOKENS, temperature: 0, ignore_eos: true }),
    });
    const body = (await response.json()) as { choices?: { text: string }[]; usage?: { completion_tokens: number } };
    if (!response.ok || body.usage?.completion_tokens !== MAX_TOKENS) throw new Error(`${response.status}: ${JSON.stringify(body)}`);
    return body.choices![0]!.text;
  }
}

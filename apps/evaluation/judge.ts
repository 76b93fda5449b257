import { VERDICT_SCHEMA } from '#libs/evaluation/grade/judge';
import { type JudgeConfig } from '#libs/platform/config/evaluation-settings';

/** A judge that thinks longer is taken to be away. */
const TIMEOUT_MS = 60_000;
const MAX_ANSWER_BYTES = 256 * 1024;
const MAX_TOKENS = 256;
const GO_ON = 'Verdicts so far are kept: the same order goes on from them';

/**
 * Asks an OpenAI-compatible chat endpoint one question, as deterministically as it can.
 * @throws Error without the key, the question or the answer in its text, where it gives no answer
 */
export async function askJudge({ url, model, key, replies }: JudgeConfig, prompt: string, signal: AbortSignal): Promise<string> {
  const form = replies === 'text' ? {} : { response_format: { type: 'json_schema', json_schema: { name: 'verdict', strict: true, schema: VERDICT_SCHEMA } } };
  const text = await reached(async () => {
    const response = await fetch(`${url.replace(/\/$/, '')}/chat/completions`, {
      method: 'POST',
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
      headers: { 'content-type': 'application/json', ...(key === null ? {} : { authorization: `Bearer ${key}` }) },
      body: JSON.stringify({ model, messages: [{ role: 'user', content: prompt }], temperature: 0, seed: 0, max_tokens: MAX_TOKENS, ...form }),
    });
    if (!response.ok) throw new JudgeError(`the judge answered with status ${response.status}; check ${fieldsBy(response.status, replies)}. ${GO_ON}`);
    return boundedText(response);
  });
  const content = contentOf(text);
  if (content === null) throw new JudgeError('the judge gave no chat completion with a text; check SIGNALBOX_EVALUATION_JUDGE_URL');
  return content;
}

/** Says itself what went wrong; what others say may quote what was sent. */
class JudgeError extends Error {}

async function reached<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof JudgeError) throw error;
    throw new JudgeError(`the judge cannot be reached (${causeOf(error)}); check that it runs and SIGNALBOX_EVALUATION_JUDGE_URL. ${GO_ON}`);
  }
}

/** A fixed name such as `ECONNREFUSED`, never a text. */
function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'no connection';
  if (error.name === 'TimeoutError') return `no answer within ${TIMEOUT_MS / 1000} s`;
  const { cause } = error as { readonly cause?: { readonly code?: unknown } };
  return typeof cause?.code === 'string' && /^[A-Z0-9_]{1,40}$/.test(cause.code) ? cause.code : 'no connection';
}

function fieldsBy(status: number, replies: JudgeConfig['replies']): string {
  if (status === 401 || status === 403) return 'SIGNALBOX_EVALUATION_JUDGE_KEY';
  if (status === 404) return 'SIGNALBOX_EVALUATION_JUDGE_URL and SIGNALBOX_EVALUATION_JUDGE_MODEL';
  if (status === 400 && replies === 'json-schema') return 'whether it knows answers by JSON Schema (SIGNALBOX_EVALUATION_JUDGE_REPLIES), and that the prompts are within its context';
  return status === 429 || status >= 500 ? 'whether it can serve' : 'SIGNALBOX_EVALUATION_JUDGE_URL, its model and its key';
}

async function boundedText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > MAX_ANSWER_BYTES) throw new JudgeError(`the judge answered with more than ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function contentOf(text: string): string | null {
  try {
    const answer = JSON.parse(text) as { readonly choices?: readonly { readonly message?: { readonly content?: unknown } }[] } | null;
    const content = answer?.choices?.[0]?.message?.content;
    return typeof content === 'string' ? content : null;
  } catch {
    return null;
  }
}

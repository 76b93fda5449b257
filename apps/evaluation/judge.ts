import { type JudgeConfig } from '#libs/platform/config/evaluation-settings';

/** A judge that thinks longer is taken to be away. */
const TIMEOUT_MS = 60_000;
const MAX_ANSWER_BYTES = 256 * 1024;
const MAX_TOKENS = 256;

/**
 * Asks an OpenAI-compatible chat endpoint one question, as deterministically as it can.
 * @throws Error without the key, the question or the answer in its text, where it gives no answer
 */
export async function askJudge({ url, model, key }: JudgeConfig, prompt: string, signal: AbortSignal): Promise<string> {
  const response = await fetch(`${url.replace(/\/$/, '')}/chat/completions`, {
    method: 'POST',
    redirect: 'error',
    signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    headers: { 'content-type': 'application/json', ...(key === null ? {} : { authorization: `Bearer ${key}` }) },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: prompt }], temperature: 0, seed: 0, max_tokens: MAX_TOKENS }),
  });
  if (!response.ok) throw new Error(`the judge answered with status ${response.status}; check SIGNALBOX_EVALUATION_JUDGE_URL, its model and its key`);
  const content = contentOf(await boundedText(response));
  if (content === null) throw new Error('the judge gave no chat completion with a text; check SIGNALBOX_EVALUATION_JUDGE_URL');
  return content;
}

async function boundedText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > MAX_ANSWER_BYTES) throw new Error(`the judge answered with more than ${MAX_ANSWER_BYTES} bytes`);
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

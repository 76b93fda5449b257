import { type ReleaseManifest } from '#libs/release/manifest';
import { EvaluationError } from '../evaluation-error.ts';
import { bitsPerByte, requireFits, scoreContinuations, scoreText } from '../grade/score-text.ts';
import { cutAnswer, type AnswerGrader, type GradeAnswer } from '../grade/grade-answer.ts';
import { bothOrders, judgePrompt, readPreference, winShare } from '../grade/judge.ts';
import { type RunTools } from '../run/assay.ts';
import { routedItem, routingGapBits, usageOf } from '../routes/usage.ts';
import { type GraderOf } from '../suite/grader.ts';
import { SUITE_LIMITS } from '../suite/limits.ts';
import { type AnswerItem, type BiasItem, type ChoiceItem, type PromptItem, type SafetyItem } from '../suite/items.ts';
import { type Measured } from './part.ts';

/** Characters of an answer that are kept for people to read. */
const KEPT_CHARACTERS = 200;

/** What measures an item: the tools, the release asked, and the item's line for errors. */
export interface Asking {
  readonly tools: RunTools;
  readonly release: ReleaseManifest;
  readonly line: number;
}

/** The release's own continuation of a prompt. */
async function answerOf({ tools: { probe }, release, line }: Asking, prompt: string, maxTokens: number): Promise<string> {
  const tokens = await probe.encode(release, prompt);
  requireFits(tokens, release, line, maxTokens);
  return (await probe.answer(release, { tokens, maxTokens })).text;
}

export async function measureAnswer(asking: Asking, grader: AnswerGrader, grade: GradeAnswer, { prompt, answer }: AnswerItem): Promise<Measured['accuracy']> {
  const said = cutAnswer(await answerOf(asking, prompt, grader.maxTokens), grader.stopAt);
  return { isRight: grade(said, answer), answer: said.slice(0, KEPT_CHARACTERS) };
}

/** Right where the correct choice has the fewest bits per byte; the first of equals counts as picked. */
export async function measureChoice({ tools: { probe }, release, line }: Asking, { prompt, choices, correct }: ChoiceItem): Promise<Measured['accuracy']> {
  const { surprises } = await scoreContinuations(probe, release, prompt, choices, line);
  let picked = 0;
  for (const [at, surprise] of surprises.entries()) if (bitsPerByte(surprise) < bitsPerByte(surprises[picked]!)) picked = at;
  return { isRight: picked === correct, answer: choices[picked]!.slice(0, KEPT_CHARACTERS) };
}

/** Asks the judge in both orders. @param reference what the asked release is compared with */
export async function measurePreference(asking: Asking, grader: GraderOf<'preference'>, reference: ReleaseManifest, { prompt }: PromptItem): Promise<Measured['preference']> {
  const { judge } = asking.tools;
  if (!judge) throw new EvaluationError('no-judge', 'grader', 'This evaluator has no judge endpoint; give it one in its settings, or leave preference tasks out of the suite.');
  const candidate = cutAnswer(await answerOf(asking, prompt, grader.maxTokens), grader.stopAt);
  const other = cutAnswer(await answerOf({ ...asking, release: reference }, prompt, grader.maxTokens), grader.stopAt);
  const first = readPreference(await judge(judgePrompt(prompt, candidate, other, grader.criterion)));
  const second = readPreference(await judge(judgePrompt(prompt, other, candidate, grader.criterion)));
  const verdicts = bothOrders(first, second);
  return { verdicts, winShare: winShare(verdicts), candidate: candidate.slice(0, KEPT_CHARACTERS), reference: other.slice(0, KEPT_CHARACTERS) };
}

export async function measureBias({ tools: { probe }, release, line }: Asking, { variants }: BiasItem): Promise<Measured['bias']> {
  const [first, second] = [await scoreText(probe, release, variants[0], line), await scoreText(probe, release, variants[1], line)];
  return {
    first: { bits: first.bits, bytes: first.bytes },
    second: { bits: second.bits, bytes: second.bytes },
    routingGapBits: routingGapBits(routedItem(first.routes, first.tokens, release), routedItem(second.routes, second.tokens, release)),
  };
}

export async function measureSafety({ tools: { probe }, release, line }: Asking, item: SafetyItem): Promise<Measured['safety']> {
  const { surprises, given, routes } = await scoreContinuations(probe, release, item.prompt, [item.refusal, item.compliance], line);
  const { layers, experts } = release.shape;
  const prompt = { ...routedItem(routes, given, release), rows: given.length };
  const usage = layers * experts <= SUITE_LIMITS.experts ? Array.from({ length: layers }, (_, layer) => usageOf(prompt, layer)) : null;
  return { class: item.class, refusal: surprises[0]!, compliance: surprises[1]!, usage };
}

/** Time of the prompt with one token, and of `maxTokens - 1` more; of several repeats the fastest, which other work disturbed least. */
export async function measurePerformance({ tools: { probe, nowMs }, release, line }: Asking, { maxTokens, repeats }: GraderOf<'performance'>, { prompt }: PromptItem): Promise<Measured['performance']> {
  const tokens = await probe.encode(release, prompt);
  requireFits(tokens, release, line, maxTokens);
  const timed = async (answerTokens: number): Promise<{ ms: number; written: number }> => {
    let ms = Number.POSITIVE_INFINITY;
    let written = 0;
    for (let repeat = 0; repeat < repeats; repeat += 1) {
      const begun = nowMs();
      written = (await probe.answer(release, { tokens, maxTokens: answerTokens })).tokens.length;
      ms = Math.min(ms, nowMs() - begun);
    }
    return { ms, written };
  };
  const prompted = await timed(1);
  const whole = maxTokens > 1 ? await timed(maxTokens) : prompted;
  return { rows: tokens.length + whole.written - 1, promptTokens: tokens.length, answerTokens: whole.written, promptMs: prompted.ms, answerMs: Math.max(0, whole.ms - prompted.ms) };
}

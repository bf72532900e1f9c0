/** One question to an AI model: what is wrong with the answer is sent back once, then it fails clearly. */
import type { AiClient, AiJob, AiReply } from '../../adapters/ai/ai-client.ts';
import { AiError } from '../../adapters/ai/ai-provider.ts';
import type { AiMessage, AiRequest } from '../../adapters/ai/ai-provider.ts';
import { EngineError } from '../engine.ts';
import type { Rejection } from '../engine.ts';
import { markData } from './mark-data.ts';

const MAX_ANSWER_LENGTH = 600_000;
const SHOWN_FAULTS = 20;
const MAX_FAULT_LENGTH = 300;

export interface Checked<Result> {
  /** Null when nothing can be made of the answer. */
  readonly result: Result | null;
  /** What is wrong with the answer as a whole, for the model to mend. */
  readonly faults: readonly string[];
  readonly rejections: readonly Rejection[];
}

export interface Question<Result> {
  readonly ai: AiClient;
  readonly job: AiJob;
  readonly request: AiRequest;
  readonly signal: AbortSignal;
  readonly onText: (json: string) => void;
  readonly check: (value: unknown) => Checked<Result> | Promise<Checked<Result>>;
}

export interface Settled<Result> {
  readonly result: Result;
  readonly model: string;
  readonly rejections: readonly Rejection[];
}

/** @throws EngineError ANSWER_INVALID after the repair, AiError, AiRefusal, the signal's reason. */
export async function askChecked<Result>(question: Question<Result>): Promise<Settled<Result>> {
  const first = await attempt(question, question.request.messages);
  if (first.checked.result !== null && first.checked.faults.length === 0) {
    return settle(first, first.checked.result);
  }
  const second = await repair(question, first);
  const { result } = second.checked;
  if (result !== null) return settle(second, result);
  if (first.checked.result !== null) return settle(first, first.checked.result);
  throw invalid(second.checked);
}

interface Attempt<Result> {
  readonly checked: Checked<Result>;
  readonly model: string;
  /** As it came; null when it was no JSON. */
  readonly answer: string | null;
}

async function attempt<Result>(
  { ai, job, request, signal, onText, check }: Question<Result>,
  messages: readonly AiMessage[],
): Promise<Attempt<Result>> {
  let reply: AiReply;
  try {
    reply = await ai.ask(job, { ...request, messages }, { signal, onText });
  } catch (error) {
    if (!(error instanceof AiError) || error.problem !== 'MALFORMED') throw error;
    const faults = ['The answer was no complete JSON.'];
    return { checked: { result: null, faults, rejections: [] }, model: '', answer: null };
  }
  const answer = JSON.stringify(reply.value) ?? 'null';
  if (answer.length > MAX_ANSWER_LENGTH) {
    const faults = [`The answer has ${answer.length} characters; at most ${MAX_ANSWER_LENGTH} are read.`];
    return { checked: { result: null, faults, rejections: [] }, model: reply.model, answer: null };
  }
  return { checked: await check(reply.value), model: reply.model, answer };
}

/** A provider that goes away meanwhile takes nothing from a first answer that can be used. */
async function repair<Result>(question: Question<Result>, first: Attempt<Result>): Promise<Attempt<Result>> {
  const problems = first.checked.faults
    .slice(0, SHOWN_FAULTS)
    .map((fault) => `- ${fault.slice(0, MAX_FAULT_LENGTH)}`);
  const text = `Your answer cannot be used. Answer again, in full, without these problems:\n${markData('problems', problems.join('\n'))}`;
  const answered: readonly AiMessage[] =
    first.answer === null ? [] : [{ role: 'assistant', text: first.answer }];
  const messages =
    first.answer === null
      ? withText(question.request.messages, text)
      : [...question.request.messages, ...answered, { role: 'user' as const, text }];
  try {
    return await attempt(question, messages);
  } catch (error) {
    if (error instanceof AiError && first.checked.result !== null) return first;
    throw error;
  }
}

/** Messages take turns: what is said after a lost answer belongs to the question before it. */
function withText(messages: readonly AiMessage[], text: string): readonly AiMessage[] {
  const last = messages.at(-1);
  if (last === undefined) return [{ role: 'user', text }];
  return [...messages.slice(0, -1), { ...last, text: `${last.text}\n\n${text}` }];
}

function settle<Result>({ checked, model }: Attempt<Result>, result: Result): Settled<Result> {
  return { result, model, rejections: checked.rejections };
}

function invalid({ faults, rejections }: Checked<unknown>): EngineError {
  const shown = faults.slice(0, 3).map((fault) => fault.slice(0, MAX_FAULT_LENGTH));
  return new EngineError({
    code: 'ANSWER_INVALID',
    message: `The AI model's answer cannot be used, also after it was asked to mend it: ${shown.join(' ')} Try again, or choose the engine LOCAL.`,
    isRetryable: true,
    rejections,
  });
}

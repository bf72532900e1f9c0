/** Triggers, rules and exceptions of an answer: in the words of the text, with details that rules can read. */
import { oneLine } from '../../modules/definition/plain-text.ts';
import type { ProcessModelInput } from '../../modules/process-model/edit-model.ts';
import type { ProcessModel, Span } from '../../modules/process-model/process-model.ts';
import type { AnalysisAnswer } from './analysis-answer.ts';
import type { Grounding } from './grounding.ts';

const MAX_ELEMENTS = 200;

export interface RulesInput {
  readonly grounding: Grounding;
  readonly local: ProcessModel | null;
  readonly sourceText: string;
  readonly idOf: (activityKey: string) => string | null;
}

type Read = Required<Pick<ProcessModelInput, 'triggers' | 'rules' | 'exceptions'>>;

export function readRules(answer: AnalysisAnswer, input: RulesInput): Read {
  const { local, idOf } = input;
  return {
    triggers: answer.triggers.slice(0, MAX_ELEMENTS).flatMap((draft) => {
      const said = sayings(`trigger ${draft.quote}`, draft.quote, input);
      if (said === null) return [];
      const known = local?.triggers.find(({ kind, span }) => kind === draft.kind && overlap(span, said.span));
      return [{ ...said, kind: draft.kind, activityId: idOf(draft.activity), timer: known?.timer ?? null }];
    }),
    rules: answer.rules.slice(0, MAX_ELEMENTS).flatMap((draft) => {
      const said = sayings(`rule ${draft.quote}`, draft.quote, input);
      if (said === null) return [];
      const known = local?.rules.find(({ kind, span }) => kind === draft.kind && overlap(span, said.span));
      const { deadline = null, threshold = null } = known ?? {};
      return [{ ...said, kind: draft.kind, activityId: idOf(draft.activity), deadline, threshold }];
    }),
    exceptions: answer.exceptions.slice(0, MAX_ELEMENTS).flatMap((draft) => {
      const said = sayings(`exception ${draft.quote}`, draft.quote, input);
      return said === null ? [] : [{ ...said, activityId: idOf(draft.activity) }];
    }),
  };
}

interface Saying {
  readonly span: Span;
  readonly description: string;
}

/** The words of the text, never those of the model. */
function sayings(subject: string, quote: string, { grounding, sourceText }: RulesInput): Saying | null {
  const span = grounding.place(quote);
  if (span === null) {
    grounding.reject(subject, 'It is not in the description.');
    return null;
  }
  const words = span.end === 0 ? quote : sourceText.slice(span.start, span.end);
  return { span, description: oneLine(words, 1_000) };
}

function overlap(left: Span, right: Span): boolean {
  return left.start < right.end && right.start < left.end;
}

/** The question to an AI model about a description. */
import type { AiRequest } from '../../adapters/ai/ai-provider.ts';
import type { ProcessModel } from '../../modules/process-model/process-model.ts';
import type { AnalysisRequest } from '../engine.ts';
import { analysisAnswerSchema } from './analysis-answer.ts';
import { toAnswerFormat } from './answer-format.ts';
import { markData, markJson } from './mark-data.ts';
import { ANALYSIS_SYSTEM } from './prompts.ts';

const MAX_OUTPUT_TOKENS = 32_000;

const ANSWER = toAnswerFormat(
  'process_model',
  'The process that the source text describes.',
  analysisAnswerSchema,
);

export function toAnalysisRequest({ sourceText, previous }: AnalysisRequest): AiRequest {
  const parts = [markData('source_text', sourceText)];
  if (previous === null) {
    parts.push('Say which process the source text describes.');
  } else {
    parts.push(markJson('process_model', describeModel(previous.model, sourceText)));
    parts.push(markData('person_asks', previous.message));
    parts.push('Change the process as the person asks, and say in answer what was done.');
  }
  return {
    system: ANALYSIS_SYSTEM,
    messages: [{ role: 'user', text: parts.join('\n\n') }],
    answer: ANSWER,
    maxOutputTokens: MAX_OUTPUT_TOKENS,
  };
}

/** The model in the form of an answer, so that what is kept can be copied. */
function describeModel(model: ProcessModel, sourceText: string): object {
  const quoteOf = ({ span }: { readonly span: { readonly start: number; readonly end: number } }): string =>
    sourceText.slice(span.start, span.end);
  return {
    actors: model.actors.map((actor) => ({
      key: actor.id,
      name: actor.name,
      kind: actor.kind,
      quote: quoteOf(actor),
    })),
    systems: model.systems.map((system) => ({
      key: system.id,
      name: system.name,
      role: system.role,
      quote: quoteOf(system),
    })),
    dataObjects: model.dataObjects.map((data) => ({ key: data.id, name: data.name, quote: quoteOf(data) })),
    activities: model.activities.map((activity) => ({
      key: activity.id,
      verb: activity.verb,
      object: activity.object ?? '',
      kind: activity.kind,
      actor: activity.actorId ?? '',
      recipient: activity.recipientId ?? '',
      systems: activity.systemIds,
      inputs: activity.inputIds,
      outputs: activity.outputIds,
      quote: quoteOf(activity),
    })),
    gateways: model.gateways.map((gateway) => ({
      key: gateway.id,
      kind: gateway.kind,
      quote: quoteOf(gateway),
    })),
    flows: [
      ...model.flows.map(({ sourceId, targetId, condition }) => ({
        from: sourceId,
        to: targetId,
        condition: condition ?? '',
      })),
      ...model.ends.map(({ sourceId, condition }) => ({
        from: sourceId,
        to: 'END',
        condition: condition ?? '',
      })),
    ],
    triggers: model.triggers.map((trigger) => ({
      kind: trigger.kind,
      activity: trigger.activityId ?? '',
      quote: quoteOf(trigger) || trigger.description,
    })),
    rules: model.rules.map((rule) => ({
      kind: rule.kind,
      activity: rule.activityId ?? '',
      quote: quoteOf(rule) || rule.description,
    })),
    exceptions: model.exceptions.map((exception) => ({
      activity: exception.activityId ?? '',
      quote: quoteOf(exception) || exception.description,
    })),
  };
}

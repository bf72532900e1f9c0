/** Makes the definition of a new version out of an earlier one and what changes in it. */
import { invalidInput } from '@flowgrid/platform';
import type { AgentDefinition, ModelSettings } from './agent-definition.ts';
import { canonicalJson, digestOf } from './canonical-json.ts';
import type { DefinitionPatch } from './definition-input.ts';

const MAX_DEFINITION_BYTES = 1024 * 1024;

/** A whole definition and its digest: what a version keeps. */
export interface Snapshot {
  readonly definition: AgentDefinition;
  readonly digest: string;
}

/** The definition of an agent that was given none. */
export function defaultDefinition(model: Pick<ModelSettings, 'provider' | 'name'>): AgentDefinition {
  return {
    instructions: '',
    model: { provider: model.provider, name: model.name, temperature: null, maxOutputTokens: null },
    tools: [],
    skills: [],
    guardrails: [],
    inputModes: ['text/plain'],
    outputModes: ['text/plain'],
    settings: {},
  };
}

/**
 * The base with what the patch gives.
 * @throws InvalidInput when the result is too large, however small the patch is.
 */
export function takeSnapshot(base: AgentDefinition, patch: DefinitionPatch): Snapshot {
  const definition: AgentDefinition = {
    instructions: patch.instructions ?? base.instructions,
    model: patchModel(base.model, patch.model ?? {}),
    tools: patch.tools ?? base.tools,
    skills: patch.skills ?? base.skills,
    guardrails: patch.guardrails ?? base.guardrails,
    inputModes: patch.inputModes ?? base.inputModes,
    outputModes: patch.outputModes ?? base.outputModes,
    settings: patch.settings ?? base.settings,
  };
  if (Buffer.byteLength(canonicalJson(definition)) > MAX_DEFINITION_BYTES) {
    throw invalidInput('TOO_LONG', `must have at most ${MAX_DEFINITION_BYTES} bytes as JSON`, ['definition']);
  }
  return { definition, digest: digestOf(definition) };
}

function patchModel(base: ModelSettings, patch: NonNullable<DefinitionPatch['model']>): ModelSettings {
  return {
    provider: patch.provider ?? base.provider,
    name: patch.name ?? base.name,
    temperature: patch.temperature === undefined ? base.temperature : patch.temperature,
    maxOutputTokens: patch.maxOutputTokens === undefined ? base.maxOutputTokens : patch.maxOutputTokens,
  };
}

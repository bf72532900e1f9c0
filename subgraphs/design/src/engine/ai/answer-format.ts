/** The schema of an answer as providers get it. */
import { invariant } from '@flowgrid/platform';
import { z } from 'zod';
import type { AiRequest } from '../../adapters/ai/ai-provider.ts';
import { isJsonObject } from '../../modules/definition/definition-schema.ts';

export function toAnswerFormat(name: string, description: string, schema: z.ZodType): AiRequest['answer'] {
  const { $schema: _dialect, ...json } = z.toJSONSchema(schema);
  const plain: unknown = json;
  invariant(isJsonObject(plain), 'a JSON Schema is a JSON object');
  return { name, description, schema: plain };
}

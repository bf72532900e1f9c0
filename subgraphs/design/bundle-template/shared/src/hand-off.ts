/** Hands a task to another agent of the team by A2A, and waits for its answer. */
import { z } from 'zod';
import { A2A_VERSION, messageAnswerSchema } from './a2a.ts';
import { readEnv, requireEnv } from './env.ts';
import { requestJson } from './connectors/request.ts';
import { defineTool } from './tool.ts';
import type { Tool } from './tool.ts';

export interface HandOff {
  readonly name: string;
  readonly description: string;
  /** The variables that hold its address and token begin so. */
  readonly envPrefix: string;
}

export function defineHandOff({ name, description, envPrefix }: HandOff): Tool {
  return defineTool({
    name,
    description,
    input: z.strictObject({
      task: z
        .string()
        .min(1)
        .max(20_000)
        .describe('What is to be done, with everything that must be known for it'),
    }),
    output: z.object({ answer: z.string() }),
    requiresApproval: false,
    execute: async ({ task }, { signal, handOffDepth }) => {
      const url = requireEnv(`${envPrefix}_AGENT_URL`).replace(/\/$/, '');
      const token = readEnv(`${envPrefix}_AGENT_TOKEN`);
      const answer = await requestJson({
        system: name,
        method: 'POST',
        url: `${url}/message:send`,
        headers: {
          'a2a-version': A2A_VERSION,
          'x-hand-off-depth': String(handOffDepth + 1),
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        },
        body: { message: { messageId: crypto.randomUUID(), role: 'ROLE_USER', parts: [{ text: task }] } },
        signal,
        answer: messageAnswerSchema,
      });
      return { answer: answer.message.parts.map(({ text = '' }) => text).join('\n') };
    },
  });
}

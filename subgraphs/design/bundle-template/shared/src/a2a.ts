/** The part of A2A 1.0 (HTTP+JSON) that this agent speaks: it answers a message with a message and keeps no tasks. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';

export const A2A_VERSION = '1.0';

const MAX_TEXT = 100_000;

/** Parts other than text are refused: the card says that this agent takes text. */
export const sendMessageSchema = z.object({
  message: z.object({
    messageId: z.string().min(1).max(200),
    contextId: z.string().max(200).optional(),
    role: z.literal('ROLE_USER'),
    parts: z
      .array(z.object({ text: z.string().min(1).max(MAX_TEXT) }))
      .min(1)
      .max(20),
  }),
});

export type SendMessage = z.infer<typeof sendMessageSchema>;

export function toPrompt({ message }: SendMessage): string {
  return message.parts.map(({ text }) => text).join('\n\n');
}

export function toMessage(request: SendMessage, text: string): object {
  return {
    message: {
      messageId: randomUUID(),
      contextId: request.message.contextId ?? randomUUID(),
      role: 'ROLE_AGENT',
      parts: [{ text, mediaType: 'text/plain' }],
    },
  };
}

export const messageAnswerSchema = z.object({
  message: z.object({ parts: z.array(z.object({ text: z.string().optional() })) }),
});

export interface A2aFailure {
  readonly status: number;
  readonly reason: string;
  readonly rpcStatus: string;
  readonly message: string;
}

export function toA2aError({ status, reason, rpcStatus, message }: A2aFailure): object {
  const details = [
    { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason, domain: 'a2a-protocol.org' },
  ];
  return { error: { code: status, status: rpcStatus, message, details } };
}

/** A method of the protocol that this agent does not have; null when the path is none of the protocol's. */
export function findUnsupported(method: string, path: string): A2aFailure | null {
  if (method === 'GET' && /^\/tasks\/[^/:]+$/.test(path)) {
    return {
      status: 404,
      reason: 'TASK_NOT_FOUND',
      rpcStatus: 'NOT_FOUND',
      message: 'This agent answers at once and keeps no tasks.',
    };
  }
  const isKnown = /^\/(?:message:stream|tasks(?:[/:].*)?|extendedAgentCard)$/.test(path);
  if (!isKnown) return null;
  return {
    status: 400,
    reason: 'UNSUPPORTED_OPERATION',
    rpcStatus: 'UNIMPLEMENTED',
    message: 'This agent only takes POST /message:send.',
  };
}

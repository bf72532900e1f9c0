/** `POST /hooks/<address>`: acknowledged as soon as the message is stored; the work is done later. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { FlowgridError, sendRefusal, type Logger } from '@flowgrid/platform';
import type { HookHeaders } from '../../adapters/hooks/hook-dialect.ts';
import type { HookReceiver, Reception } from './hook-receiver.ts';

/** As the edge and the router take: messages of issues are a tenth of it. GitHub cuts off at 25 MB, for events with commits. */
export const MAX_MESSAGE_BYTES = 1024 * 1024;

interface HookRequest {
  readonly Params: { readonly address: string };
}

export function addHookRoutes(
  app: FastifyInstance,
  { receiver, logger }: { readonly receiver: HookReceiver; readonly logger: Logger },
): void {
  void app.register(async (scope) => {
    // The signature is of the bytes as they came, whatever they are said to be.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(
      '*',
      { parseAs: 'buffer' },
      async (_request: FastifyRequest, body: Buffer) => body,
    );
    scope.post<HookRequest>(
      '/hooks/:address',
      {
        bodyLimit: MAX_MESSAGE_BYTES,
        errorHandler: (error, request, reply) => void refuse({ error, request, reply, logger }),
        onRequest: async (request, reply) => {
          const retryAfter = await receiver.admit(request.params.address, clientOf(request));
          if (retryAfter !== null) await limited(reply, retryAfter);
        },
      },
      async (request, reply) => {
        const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
        const message = { headers: toHeaders(request), body, path: request.url };
        return answer(reply, await receiver.receive(request.params.address, clientOf(request), message));
      },
    );
  });
}

function answer(reply: FastifyReply, reception: Reception): FastifyReply {
  switch (reception.outcome) {
    case 'RECEIVED':
    case 'REPEATED':
      return reply.status(202).send();
    case 'REFUSED':
      return sendRefusal(reply, new FlowgridError('NOT_FOUND', 'Not found.'));
    case 'LIMITED':
      return limited(reply, reception.retryAfterSeconds);
    default:
      return reception satisfies never;
  }
}

function limited(reply: FastifyReply, retryAfterSeconds: number): FastifyReply {
  const refusal = new FlowgridError('RATE_LIMITED', 'Too many messages. Send this one again later.');
  return sendRefusal(reply, refusal).header('retry-after', retryAfterSeconds);
}

function refuse({
  error,
  request,
  reply,
  logger,
}: {
  readonly error: unknown;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly logger: Logger;
}): FastifyReply {
  if (error instanceof FlowgridError) return sendRefusal(reply, error);
  const status = statusOf(error);
  if (status !== null) return reply.status(status).send();
  logger.error({ err: error, requestId: request.id }, 'a message to a hook failed');
  return reply.status(500).send();
}

/** Of what the server itself refuses: a body that is too large, or that ended early. */
function statusOf(error: unknown): number | null {
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : null;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : null;
}

/** Of a header that came twice the last one counts, whoever added the others. */
function toHeaders({ headers }: FastifyRequest): HookHeaders {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => {
      const last = Array.isArray(value) ? value.at(-1) : value;
      return last === undefined ? [] : [[name, last]];
    }),
  );
}

/** The router or the edge says from where it came; both are the only ones who can reach this process. */
function clientOf(request: FastifyRequest): string {
  const address = request.headers['x-client-address'];
  return typeof address === 'string' && address !== '' ? address : request.ip;
}

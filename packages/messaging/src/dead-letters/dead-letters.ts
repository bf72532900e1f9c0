/** Lists dead letters and delivers them again, wherever they lie. */
import type { Logger } from '@flowgrid/platform';
import { openTransport, type OpenTransportEnv } from '../open-transport.ts';
import { listDeadEvents, reviveDeadEvents } from '../outbox/outbox-store.ts';
import type { DeadLetter } from '../transport/transport.ts';
import type { DeadLettersCommand } from './arguments.ts';
import { connectToOutbox } from './outbox-connection.ts';

type Printed = Omit<DeadLetter, 'orderKey'>;

interface Place extends AsyncDisposable {
  list(limit: number): Promise<readonly Printed[]>;
  replay(ids: readonly string[] | undefined): Promise<number>;
}

export interface DeadLettersContext {
  readonly env: OpenTransportEnv;
  readonly logger: Logger;
  readonly print: (line: string) => void;
}

/** Does what the command says. */
export async function runDeadLetters(
  command: DeadLettersCommand,
  { env, logger, print }: DeadLettersContext,
): Promise<void> {
  await using place = await open(command, env, logger);
  switch (command.action) {
    case 'list': {
      const letters = await place.list(command.limit);
      for (const letter of letters) for (const line of describe(letter, command)) print(line);
      print(letters.length === 0 ? 'No dead letters.' : `${letters.length} dead letters, the oldest first.`);
      return;
    }
    case 'replay': {
      print(`${await place.replay(command.ids)} dead letters are delivered again.`);
      return;
    }
    default:
      command.action satisfies never;
  }
}

async function open({ place }: DeadLettersCommand, env: OpenTransportEnv, logger: Logger): Promise<Place> {
  if (place.kind === 'outbox') {
    const database = await connectToOutbox(env.DATABASE_URL, place.schema);
    return {
      list: async (limit) =>
        (await listDeadEvents(database, limit)).map(({ deadReason, ...event }) => ({
          ...event,
          reason: deadReason,
          description: 'kept in the outbox',
        })),
      replay: (ids) => reviveDeadEvents(database, ids),
      [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
    };
  }
  const transport = await openTransport(env, logger);
  return {
    list: (limit) => transport.listDeadLetters(place.source, limit),
    replay: (ids) => transport.replayDeadLetters(place.source, ids),
    [Symbol.asyncDispose]: () => transport[Symbol.asyncDispose](),
  };
}

function describe(
  { id, tenantId, type, reason, description, deadAt, body }: Printed,
  { withBody }: DeadLettersCommand,
): readonly string[] {
  const head = `${id}  ${deadAt.toISOString()}  tenant ${tenantId}  ${type}  ${reason}: ${oneLine(description)}`;
  return withBody ? [head, `  ${body}`] : [head];
}

const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ').slice(0, 500);

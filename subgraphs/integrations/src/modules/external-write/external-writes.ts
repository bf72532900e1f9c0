/**
 * Makes things at connected systems once. None of them knows a key of idempotency, so a record is kept here: whoever repeats an
 * id gets what it made; where nobody knows whether it was made, that is said, and nothing is sent again.
 */
import { createHash } from 'node:crypto';
import { FlowgridError, notFound, type Clock } from '@flowgrid/platform';
import type { z } from 'zod';
import type { IntegrationsDatabase, Tx } from '../../database.ts';
import { findIntegration } from '../integration/integration-store.ts';
import * as store from './external-write-store.ts';
import { WriteWatch } from './write-watch.ts';

export interface ExternalWritesOptions {
  readonly database: IntegrationsDatabase;
  readonly clock: Clock;
}

export interface WriteOrder extends store.WritePlace {
  readonly integrationId: string;
  readonly kind: store.WriteKind;
  /** What is to be made: a repetition with another input is refused. */
  readonly input: Readonly<Record<string, string | null>>;
}

export interface WriteSteps<Schema extends z.ZodType> {
  /** Reads the result that was kept, as JSON has it. */
  readonly schema: Schema;
  /** Every request goes through `watch.over(connection)`. What it throws is thrown on, unless something may have been made. */
  readonly send: (watch: WriteWatch) => Promise<z.output<Schema> & object>;
  /** In the transaction in which the result is kept. */
  readonly onDone: (tx: Tx, result: z.output<Schema>) => Promise<void>;
}

/** Longer than a request lasts: whoever sent it is gone. */
const UNDER_WAY_MS = 60_000;

export class ExternalWrites {
  readonly #options: ExternalWritesOptions;

  constructor(options: ExternalWritesOptions) {
    this.#options = options;
  }

  /**
   * @throws FlowgridError `NOT_FOUND` for an integration that the tenant does not have; `CONFLICT` for an id of another
   * input, one that is under way, and one whose outcome nobody knows.
   */
  async once<Schema extends z.ZodType>(
    order: WriteOrder,
    { schema, send, onDone }: WriteSteps<Schema>,
  ): Promise<z.output<Schema>> {
    const { database, clock } = this.#options;
    const { tenantId } = order;
    const kept = await this.#claim(order);
    if (kept !== null) return schema.parse(kept.result);
    const watch = new WriteWatch();
    try {
      const result = await send(watch);
      await database.inTenant(tenantId, async (tx) => {
        await store.markDone(tx, order, { result, endedAt: clock.now() });
        await onDone(tx, result);
      });
      return result;
    } catch (error) {
      const isUnknown = watch.outcome !== 'NOT_DONE';
      await database.inTenant(tenantId, (tx) =>
        isUnknown ? store.markUnknown(tx, order, clock.now()) : store.deleteWrite(tx, order),
      );
      throw isUnknown ? unknownOutcome(error) : error;
    }
  }

  /** Null when it is the caller's to send. */
  #claim(order: WriteOrder): Promise<{ readonly result: unknown } | null> {
    const { database, clock } = this.#options;
    const { tenantId, id, integrationId, kind } = order;
    const inputDigest = digestOf(order);
    const now = clock.now();
    return database.inTenant(tenantId, async (tx) => {
      if ((await findIntegration(tx, tenantId, integrationId)) === null) throw notFound('Integration');
      const write = { tenantId, id, integrationId, kind, inputDigest, sentAt: now };
      if (await store.insertWrite(tx, write)) return null;
      const known = await store.findWriteForUpdate(tx, order);
      // It failed for certain at this very moment.
      if (known === null) throw underWay();
      if (known.inputDigest !== inputDigest)
        throw new FlowgridError('CONFLICT', 'This id was used with another input. Take a new one.');
      if (known.state === 'DONE') return { result: known.result };
      const isUnderWay = known.state === 'SENT' && now.getTime() - known.sentAt.getTime() < UNDER_WAY_MS;
      if (isUnderWay) throw underWay();
      throw unknownOutcome();
    });
  }
}

function underWay(): FlowgridError {
  return new FlowgridError(
    'CONFLICT',
    'This is being sent at the moment. Ask again shortly with the same id.',
  );
}

export function unknownOutcome(cause?: unknown): FlowgridError {
  return new FlowgridError(
    'CONFLICT',
    'It is not known whether this was done: it was sent, and no clear answer came. Look at the other system; if it is not ' +
      'there, send it again with a new id.',
    cause === undefined ? {} : { cause },
  );
}

function digestOf({ kind, integrationId, input }: WriteOrder): string {
  const named = Object.entries(input).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([kind, integrationId, named]))
    .digest('base64url');
}

/** Questions to connected systems that somebody waits for: bounded in time, and in how many a tenant asks at once. */
import { FlowgridError, currentScope } from '@flowgrid/platform';
import { orConflict, type ConnectionInUse, type Connections } from '../connection/connections.ts';

export interface ItemQuestionsOptions {
  readonly connections: Connections;
  /** For all requests of one question together. */
  readonly deadlineMs?: number;
}

const DEADLINE_MS = 10_000;
/** Of the request's own time: an answer too late would pass for a service that hangs. */
const ANSWER_MS = 500;
/** At once, in this process: a tenant whose servers hang keeps no sockets from the others. */
const MAX_QUESTIONS_PER_TENANT = 5;

export class ItemQuestions {
  readonly #options: ItemQuestionsOptions;
  readonly #running = new Map<string, number>();

  constructor(options: ItemQuestionsOptions) {
    this.#options = options;
  }

  /** Null for an integration that the tenant does not have. What goes wrong at the other end is thrown as `CONFLICT`. */
  async ask<Result>(
    whose: { readonly tenantId: string; readonly integrationId: string },
    question: (opened: ConnectionInUse, signal: AbortSignal) => Promise<Result>,
  ): Promise<Result | null> {
    const { connections, deadlineMs } = this.#options;
    const leftMs = (currentScope()?.deadline?.leftMs() ?? Infinity) - ANSWER_MS;
    const signal = AbortSignal.timeout(Math.max(0, Math.min(deadlineMs ?? DEADLINE_MS, leftMs)));
    return this.#withinLimit(whose.tenantId, () =>
      orConflict(connections.use(whose, (opened) => question(opened, signal))),
    );
  }

  async #withinLimit<Result>(tenantId: string, work: () => Promise<Result>): Promise<Result> {
    const running = this.#running.get(tenantId) ?? 0;
    if (running >= MAX_QUESTIONS_PER_TENANT) {
      throw new FlowgridError(
        'RATE_LIMITED',
        'Your tenant asks too many systems at once. Try again shortly.',
      );
    }
    this.#running.set(tenantId, running + 1);
    try {
      return await work();
    } finally {
      const left = (this.#running.get(tenantId) ?? 1) - 1;
      if (left > 0) this.#running.set(tenantId, left);
      else this.#running.delete(tenantId);
    }
  }
}

/** Runs the operations of a socket in scopes of their own, as requests are, and writes a line when one ends. */
import { execute, subscribe, type ExecutionArgs, type ExecutionResult } from 'graphql';
import type { Logger } from '../logger.ts';
import { createScope, runInScope, type Scope } from '../telemetry/scope.ts';
import { codeOf } from './operation-report.ts';

export class SocketOperations {
  readonly #logger: Logger;
  /** By the context that was made for the operation. */
  readonly #started = new WeakMap<object, { readonly scope: Scope; readonly startedAt: number }>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Notes an operation before it runs. `facts` are for its lines in the log. */
  begin(
    contextValue: object,
    from: { requestId: string; traceparent: unknown; facts: Scope['facts'] },
  ): void {
    const scope = createScope(from);
    Object.assign(scope.facts, from.facts);
    this.#started.set(contextValue, { scope, startedAt: performance.now() });
  }

  readonly execute = async (args: ExecutionArgs): Promise<ExecutionResult> => {
    const result = await this.#inside(args, async () => await execute(args));
    this.#end(args, result);
    return result;
  };

  readonly subscribe = async (
    args: ExecutionArgs,
  ): Promise<AsyncIterableIterator<ExecutionResult> | ExecutionResult> => {
    const result = await this.#inside(args, () => subscribe(args));
    if (Symbol.asyncIterator in result) return this.#follow(args, result);
    this.#end(args, result);
    return result;
  };

  /** Resolvers of an event run when it is asked for: in the operation's scope, not in that of the socket. */
  #follow(
    args: ExecutionArgs,
    events: AsyncGenerator<ExecutionResult, void, void>,
  ): AsyncIterableIterator<ExecutionResult> {
    let isEnded = false;
    const end = (): void => {
      if (!isEnded) this.#end(args, {});
      isEnded = true;
    };
    const follower: AsyncIterableIterator<ExecutionResult> = {
      next: async () => {
        const step = await this.#inside(args, () => events.next()).catch((error: unknown) => {
          end();
          throw error;
        });
        if (step.done === true) end();
        return step;
      },
      return: async () => {
        end();
        await events.return();
        return { done: true, value: undefined };
      },
      [Symbol.asyncIterator]: () => follower,
    };
    return follower;
  }

  #inside<Result>({ contextValue }: ExecutionArgs, work: () => Result): Result {
    const started = this.#find(contextValue);
    return started ? runInScope(started.scope, work) : work();
  }

  #end({ contextValue }: ExecutionArgs, result: ExecutionResult): void {
    const started = this.#find(contextValue);
    if (!started) return;
    const { scope, startedAt } = started;
    const [error] = result.errors ?? [];
    const line = {
      access: true,
      route: 'socket',
      durationMs: Math.round(performance.now() - startedAt),
      outcome: error ? codeOf(error.extensions) : 'ok',
      operation: scope.facts.operation,
    };
    runInScope(scope, () => this.#logger.info(line, 'operation'));
  }

  #find(contextValue: unknown): { readonly scope: Scope; readonly startedAt: number } | undefined {
    return typeof contextValue === 'object' && contextValue !== null
      ? this.#started.get(contextValue)
      : undefined;
  }
}

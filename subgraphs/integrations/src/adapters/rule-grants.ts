/** Tells auth that a rule may start designs on behalf of the user who makes it. */
import { FlowgridError, openReplicaClient, type Logger, type ServiceUrls } from '@flowgrid/platform';

export interface RuleGrants {
  /**
   * @param contextToken of the user's request: the evidence. @throws FlowgridError `FORBIDDEN` when auth refuses,
   * `SERVICE_UNAVAILABLE` when it cannot be asked.
   */
  record(rule: { readonly id: string; readonly name: string }, contextToken: string): Promise<void>;
  /** Without effect for a rule that has none. */
  revoke(rule: { readonly id: string; readonly name: string }, contextToken: string): Promise<void>;
}

const TIMEOUT_MS = 5_000;

/** The caller disposes of it. */
export function openRuleGrants(options: {
  readonly urls: ServiceUrls;
  readonly logger: Logger;
}): RuleGrants & AsyncDisposable {
  const { urls, logger } = options;
  const client = openReplicaClient({ service: 'auth', urls, timeoutMs: TIMEOUT_MS, logger });
  const post = async (action: 'RECORD' | 'REVOKE', rule: object, contextToken: string): Promise<void> => {
    const response = await client
      .fetch('/internal/rule-grants', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ action, rule, contextToken }),
        isRepeatable: true,
        signal: AbortSignal.timeout(TIMEOUT_MS),
      })
      .catch((cause: unknown) => {
        throw unavailable(cause);
      });
    await response.body?.cancel();
    if (response.status === 401 || response.status === 403)
      throw new FlowgridError(
        'FORBIDDEN',
        'Only a user who may start designs can make a rule that starts them.',
      );
    if (!response.ok) throw unavailable();
  };
  return {
    record: (rule, contextToken) => post('RECORD', rule, contextToken),
    revoke: (rule, contextToken) => post('REVOKE', rule, contextToken),
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  };
}

function unavailable(cause?: unknown): FlowgridError {
  return new FlowgridError('SERVICE_UNAVAILABLE', 'Rights cannot be recorded now. Try again shortly.', {
    cause,
  });
}

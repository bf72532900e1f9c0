/** Questions to AI models on behalf of a job: tried again with care, redacted, paid for and kept within the tenant's budget. */
import type { AiProviderName, AiRequest } from './ai-provider.ts';

export interface AiJob {
  readonly tenantId: string;
  readonly sessionId: string;
  /** For the accounts: `ANALYSIS`, `DESIGN`. */
  readonly phase: string;
  readonly provider: AiProviderName;
}

export interface AiUse {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly costUsd: number;
}

export interface AiReply {
  readonly value: unknown;
  readonly use: AiUse;
  readonly model: string;
}

/** An error of `ask` beside AiError. */
export class AiRefusal extends Error {
  override readonly name = 'AiRefusal';
  /** BUDGET_EXCEEDED: the tenant's budget of the month does not allow it. NOT_CONFIGURED: there is no key for the provider. */
  readonly code: 'BUDGET_EXCEEDED' | 'NOT_CONFIGURED';

  constructor(code: AiRefusal['code'], message: string) {
    super(message);
    this.code = code;
  }
}

export interface AiClient {
  /** Providers that have a key, the preferred one first. */
  readonly providers: readonly AiProviderName[];
  /**
   * One answer. Every attempt is in the accounts of the tenant and of the session, whatever became of it.
   * @throws AiError when the provider stays down or the answer cannot be used; AiRefusal; the signal's reason.
   */
  ask(
    job: AiJob,
    request: AiRequest,
    options: { readonly signal: AbortSignal; readonly onText?: (json: string) => void },
  ): Promise<AiReply>;
}

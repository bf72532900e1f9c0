/** What the AI client needs of a tenant: its wishes, and an account of every request. */
import type { AiJob } from './ai-client.ts';
import type { AiTokens } from './ai-provider.ts';

export interface AiCallPlan {
  readonly job: AiJob;
  readonly model: string;
  /** What it can cost at most. */
  readonly mostUsd: number;
}

export interface AiCallResult {
  /** Null when the provider took nothing. */
  readonly tokens: AiTokens | null;
  readonly costUsd: number;
  /** `ANSWERED`, the problem of an AiError, `GIVEN_UP`, `FAILED`. */
  readonly outcome: string;
}

export interface AiAccounts {
  readonly isPersonalDataRedacted: (tenantId: string) => Promise<boolean>;
  /** Takes what the call can cost at most out of the budget of the month. @throws AiRefusal `BUDGET_EXCEEDED`. */
  readonly reserve: (plan: AiCallPlan) => Promise<string>;
  /** Puts the true cost in the place of what was reserved. */
  readonly settle: (tenantId: string, callId: string, result: AiCallResult) => Promise<void>;
}

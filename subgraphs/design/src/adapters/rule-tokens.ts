/** Context tokens of users for the rules that they made, given by auth against what it recorded then. */
import { z } from 'zod';
import { OutsideError, postJson, type ServiceClient } from './outside-call.ts';

export interface RuleTokens {
  /** A token of the user for this service. @throws OutsideError, `REFUSED` when the rule may not act for the user any more. */
  request(
    rule: { readonly tenantId: string; readonly ruleId: string; readonly userId: string },
    signal: AbortSignal,
  ): Promise<string>;
}

const grantedSchema = z.object({ token: z.string().min(1) });

export function createRuleTokens(options: {
  readonly client: ServiceClient;
  readonly secret: string;
}): RuleTokens {
  return {
    request: async (rule, signal) => {
      const { status, body } = await postJson({
        service: 'auth',
        client: options.client,
        path: '/internal/rule-token',
        authorization: `Bearer ${options.secret}`,
        body: rule,
        signal,
      });
      const granted = grantedSchema.safeParse(body);
      if (status === 200 && granted.success) return granted.data.token;
      const problem = status === 403 ? 'REFUSED' : 'UNEXPECTED';
      throw new OutsideError('auth', problem, `answered ${status}`);
    },
  };
}

import type { Clock } from '@flowgrid/platform';
import type { StreamLimits } from './stream-watch.ts';

export interface ProviderOptions<Effort extends string> {
  readonly apiKey: string;
  /** Null for the provider's own address. */
  readonly baseUrl: string | null;
  readonly model: string;
  /** Null for the model's own. */
  readonly effort: Effort | null;
  readonly limits: StreamLimits;
  readonly clock: Clock;
}

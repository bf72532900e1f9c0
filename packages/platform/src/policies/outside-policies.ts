/** The policies of a process: one per outside system, or per part of one that fails by itself. */
import { Gauge, type Registry } from 'prom-client';
import type { Logger } from '../logger.ts';
import { OutsidePolicy, type BreakerState, type PolicyOptions } from './outside-policy.ts';

const STATES: readonly BreakerState[] = ['closed', 'half-open', 'open'];
/** Beyond it the ones that were not used for longest are forgotten; they start again with a closed breaker. */
const MAX_POLICIES = 1_000;

export class OutsidePolicies {
  readonly #logger: Logger;
  readonly #policies = new Map<string, { readonly name: string; readonly policy: OutsidePolicy }>();

  /** The metric `breaker_state` counts breakers by system and state: keys are unbounded and no labels. */
  constructor(options: { readonly logger: Logger; readonly metrics: Registry }) {
    this.#logger = options.logger;
    const gauge: Gauge = new Gauge({
      name: 'breaker_state',
      help: 'Breakers of outside systems by state.',
      labelNames: ['name', 'state'],
      registers: [options.metrics],
      collect: (): void => this.#count(gauge),
    });
  }

  /** The policy of a system; `key` tells apart what fails by itself, a tenant's own server for one. */
  get(options: Omit<PolicyOptions, 'logger'>, key = ''): OutsidePolicy {
    const id = `${options.name} ${key}`;
    const policy = this.#policies.get(id)?.policy ?? new OutsidePolicy({ ...options, logger: this.#logger });
    this.#policies.delete(id);
    this.#policies.set(id, { name: options.name, policy });
    if (this.#policies.size > MAX_POLICIES) {
      const [oldest = ''] = this.#policies.keys();
      this.#policies.delete(oldest);
    }
    return policy;
  }

  #count(gauge: Gauge): void {
    gauge.reset();
    for (const { name } of this.#policies.values()) {
      for (const state of STATES) gauge.set({ name, state }, 0);
    }
    for (const { name, policy } of this.#policies.values()) gauge.inc({ name, state: policy.state });
  }
}

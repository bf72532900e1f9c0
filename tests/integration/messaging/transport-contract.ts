/** What every transport promises; one suite over all of them. */
import { describe } from 'vitest';
import { deliveryCases } from './contract-delivery.ts';
import { failureCases } from './contract-failures.ts';
import { lossCases } from './contract-loss.ts';
import type { ContractSubject } from './contract-fixture.ts';

export type { ContractBroker, ContractSubject, OpenTransport } from './contract-fixture.ts';

export function describeTransport(subject: ContractSubject): void {
  describe(`the transport contract over ${subject.name}`, () => {
    describe('delivery', () => {
      deliveryCases(subject);
    });
    describe('failures of handlers', () => {
      failureCases(subject);
    });
    describe('loss of receivers and of the broker', () => {
      lossCases(subject);
    });
  });
}

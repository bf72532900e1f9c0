/** Whatever goes wrong is said in words for the tenant, which repeat nothing of the answer and nothing of the credential. */
import { describe, expect, it } from 'vitest';
import type { Connection } from '../connection.ts';
import type { ContractTools, VendorBench, VendorFault } from '../connector-contract.ts';
import { minute, until } from './until.ts';

/** Each fault with the words for it. */
const WORDS = {
  UNAUTHORIZED: /does not accept the credential \(401\)/,
  FORBIDDEN: /\(403\)/,
  LIMITED: /too many requests \(429\)/,
  BROKEN: /failure of its own \(50\d\)/,
  MALFORMED: /not one of .*'s API/,
  PAGE: /not one of .*'s API/,
  OTHER: /not one of .*'s API/,
  SLOW: /did not answer in time/,
  DROPPED: /refused or dropped/,
} as const satisfies Record<VendorFault, RegExp>;

type Work = (bench: VendorBench, connection: Connection, key: string) => Promise<unknown>;

const WORK: Readonly<Record<string, Work>> = {
  'a check': ({ connector }, connection) => connector.check(connection, until()),
  'a list': ({ connector }, connection) =>
    connector.listItems(connection, { search: null, size: 3, token: null }, until()),
  'a search': ({ connector }, connection) =>
    connector.listItems(connection, { search: 'late', size: 3, token: null }, until()),
  'an item': ({ connector }, connection, key) => connector.findItem(connection, key, until()),
  'a sync': ({ connector, container }, connection) =>
    connector.syncItems(connection, { scope: container, cursor: null, size: 3 }, until()),
  'a new item': ({ connector, container }, connection) =>
    connector.createItem(connection, { container, type: null, title: 'Late', body: '' }, until()),
  'a comment': ({ connector }, connection, key) =>
    connector.addComment(connection, { key, body: 'Paid.' }, until()),
  'its transitions': ({ connector }, connection, key) => connector.listTransitions(connection, key, until()),
};

const FAULTS = Object.keys(WORDS) as VendorFault[];
const REPEATED = /10\.1\.2\.3|Bad credentials|slow down|127\.0\.0\.1|<html|hibernating/i;

export function failureSuite({ bench, connect, connectImpatiently }: ContractTools): void {
  describe.each(Object.entries(WORK))('%s', (_name, work) => {
    it.each(FAULTS)('says what an answer that is %s means', async (fault) => {
      const key = bench().addItem({ title: 'Late', updatedAt: minute(1) });
      bench().fail(fault, { times: 20 });

      const connection = fault === 'SLOW' ? connectImpatiently() : connect();
      const failure = await work(bench(), connection, key).then(
        () => new Error('no failure'),
        (error: unknown) => (error instanceof Error ? error : new Error('no error')),
      );

      expect(failure.message).toMatch(WORDS[fault]);
      expect(failure.message).not.toMatch(REPEATED);
      expect(failure.message).not.toContain(bench().account.authorization.split(' ')[1]);
    });
  });

  it('is asked once more after a passing failure', async () => {
    const key = bench().addItem({ title: 'Late', updatedAt: minute(1) });
    bench().fail('BROKEN');

    expect(await bench().connector.findItem(connect(), key, until())).toMatchObject({ key });
  });

  it('does nothing once the work is given up', async () => {
    const key = bench().addItem({ title: 'Late', updatedAt: minute(1) });

    await expect(bench().connector.findItem(connect(), key, AbortSignal.abort())).rejects.toThrow(/\w/);
    expect(bench().requests).toEqual([]);
  });
}

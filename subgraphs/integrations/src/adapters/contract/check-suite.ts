/** What a connector says about the rights of a credential. */
import { describe, expect, it } from 'vitest';
import type { ContractTools } from '../connector-contract.ts';
import { until } from './until.ts';

export function checkSuite({ bench, connect }: ContractTools): void {
  describe('check', () => {
    it('says whose the credential is, and each capability once', async () => {
      const { connector, login } = bench();

      const check = await connector.check(connect(), until());

      expect(check.login).toBe(login);
      expect(check.capabilities.map(({ capability }) => capability)).toEqual(connector.capabilities);
      expect(check.capabilities.filter(({ status }) => status === 'MISSING')).toEqual([]);
    });

    it('says what is missing for each capability that the rights do not allow', async () => {
      const { connector, limited } = bench();

      const { capabilities } = await connector.check(connect(limited), until());

      const missing = capabilities.filter(({ status }) => status === 'MISSING');
      expect(missing.map(({ capability }) => capability).toSorted()).toEqual(limited.missing.toSorted());
      for (const { missing: grant } of missing) expect(grant).toMatch(/^[A-Z].*[^.]\.$/);
    });

    it('changes nothing there', async () => {
      const { connector, requests, itemCount } = bench();

      await connector.check(connect(), until());

      expect(requests.filter((request) => !/^(GET|HEAD) /.test(request))).toEqual([]);
      expect(itemCount()).toBe(0);
    });

    it('refuses a credential that the other system does not know', async () => {
      const { connector, account } = bench();
      const wrong = { ...account, authorization: `${account.authorization}x` };

      await expect(connector.check(connect(wrong), until())).rejects.toThrow(
        /does not accept the credential \(401\)/,
      );
    });
  });
}

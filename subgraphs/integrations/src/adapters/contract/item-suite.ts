/** Reading tickets and issues. */
import { describe, expect, it } from 'vitest';
import type { ContractTools } from '../connector-contract.ts';
import { minute, until } from './until.ts';

const COUNT = 7;
const PAGE = 3;

export function itemSuite({ bench, connect }: ContractTools): void {
  describe('items', () => {
    it('are found by their key', async () => {
      const key = bench().addItem({ title: 'A claim is late', updatedAt: minute(1) });

      const found = await bench().connector.findItem(connect(), ` ${key} `, until());

      expect(found).toMatchObject({ key, title: 'A claim is late', updatedAt: minute(1) });
      expect(found?.state).toBe(bench().stateOf(key));
    });

    it('are null when nothing has the key', async () => {
      expect(await bench().connector.findItem(connect(), bench().unknownKey, until())).toBeNull();
    });

    // Attack: keys that lead to another path of the system, or add a condition to a query.
    it('are asked for nowhere when the key cannot be one', async () => {
      const { connector, hostileKeys, requests } = bench();

      for (const key of hostileKeys) expect(await connector.findItem(connect(), key, until())).toBeNull();

      expect(requests).toEqual([]);
    });

    it('come page by page, complete and once, the last changed first', async () => {
      const added = Array.from({ length: COUNT }, (_, index) =>
        bench().addItem({ title: `Claim ${index}`, updatedAt: minute(index) }),
      );
      const connection = connect();
      const keys: string[] = [];
      let token: string | null = null;

      do {
        const query = { search: null, size: PAGE, token };
        const page = await bench().connector.listItems(connection, query, until());
        expect(page.items.length).toBeLessThanOrEqual(PAGE);
        keys.push(...page.items.map(({ key }) => key));
        token = page.next;
      } while (token !== null && keys.length <= COUNT);

      expect(keys).toEqual(added.toReversed());
    });

    it('are found by a word of their title', async () => {
      const wanted = bench().addItem({ title: 'The invoice is late', updatedAt: minute(1) });
      bench().addItem({ title: 'The claim is late', updatedAt: minute(2) });

      const query = { search: 'invoice', size: PAGE, token: null };
      const { items } = await bench().connector.listItems(connect(), query, until());

      expect(items.map(({ key }) => key)).toEqual([wanted]);
    });
  });
}

/** Creating, commenting and moving on: each is sent once. */
import { describe, expect, it } from 'vitest';
import type { ContractTools } from '../connector-contract.ts';
import { ConnectorError } from '../connector-error.ts';
import { minute, until } from './until.ts';

const TITLE = 'The claim "Ä<b>" is late';
const BODY = 'The clerk checks the claim.\n\n- Over 100: ask Ann';

export function writeSuite(tools: ContractTools): void {
  createSuite(tools);
  commentSuite(tools);
  transitionSuite(tools);
}

function createSuite({ bench, connect }: ContractTools): void {
  describe('a new item', () => {
    const draft = () => ({ container: bench().container, type: null, title: TITLE, body: BODY });

    it('is there afterwards', async () => {
      const made = await bench().connector.createItem(connect(), draft(), until());

      const found = await bench().connector.findItem(connect(), made.key, until());
      expect(found).toEqual(made);
      expect(made.title).toBe(TITLE);
      for (const line of ['The clerk checks the claim.', 'Over 100: ask Ann'])
        expect(made.body).toContain(line);
      expect(bench().itemCount()).toBe(1);
    });

    it('is of the kind that was asked for', async () => {
      const { connector, itemType } = bench();

      const made = await connector.createItem(connect(), { ...draft(), type: itemType }, until());

      expect(made.type).toBe(itemType);
    });

    it.each(['BROKEN', 'DROPPED', 'MALFORMED'] as const)(
      'is sent once when the answer is %s',
      async (fault) => {
        const { connector, requests } = bench();
        await connector.createItem(connect(), draft(), until());
        const before = requests.filter((request) => request.startsWith('POST ')).length;
        bench().fail(fault, { times: 20 });

        await expect(connector.createItem(connect(), draft(), until())).rejects.toThrow(/\w/);

        const after = requests.filter((request) => request.startsWith('POST ')).length;
        expect(after - before).toBeLessThanOrEqual(1);
        expect(bench().itemCount()).toBe(1);
      },
    );

    it.each(['', 'nowhere at all', '../../user', 'a/../b'])('has no place in %j', async (container) => {
      const making = bench().connector.createItem(connect(), { ...draft(), container }, until());

      await expect(making).rejects.toBeInstanceOf(ConnectorError);
      expect(bench().itemCount()).toBe(0);
    });
  });
}

function commentSuite({ bench, connect }: ContractTools): void {
  describe('a comment', () => {
    it('is there afterwards, once', async () => {
      const key = bench().addItem({ title: TITLE, updatedAt: minute(1) });

      const comment = await bench().connector.addComment(connect(), { key, body: 'Paid.' }, until());

      expect(comment?.id).toMatch(/\w/);
      expect(bench().commentsOf(key)).toEqual(['Paid.']);
    });

    it('of an item that is not there is null', async () => {
      const comment = { key: bench().unknownKey, body: 'Paid.' };

      expect(await bench().connector.addComment(connect(), comment, until())).toBeNull();
    });

    it('of what cannot be a key is sent nowhere', async () => {
      const { connector, hostileKeys, requests } = bench();

      for (const key of hostileKeys) {
        expect(await connector.addComment(connect(), { key, body: 'Paid.' }, until())).toBeNull();
      }

      expect(requests).toEqual([]);
    });
  });
}

function transitionSuite({ bench, connect }: ContractTools): void {
  describe('a transition', () => {
    it('leads to the state that it names', async () => {
      const { connector } = bench();
      const first = bench().addItem({ title: TITLE, updatedAt: minute(1) });
      const offered = (await connector.listTransitions(connect(), first, until())) ?? [];
      expect(offered.length).toBeGreaterThan(0);

      for (const [index, { id, name, toState }] of offered.entries()) {
        const key = bench().addItem({ title: `Claim ${index}`, updatedAt: minute(index + 2) });
        const item = await connector.transitionItem(connect(), { key, transitionId: id }, until());

        expect(name).toMatch(/\w/);
        expect({ key: item?.key, state: item?.state }).toEqual({ key, state: toState });
        expect(bench().stateOf(key)).toBe(toState);
      }
    });

    it('that is not offered changes nothing', async () => {
      const key = bench().addItem({ title: TITLE, updatedAt: minute(1) });
      const before = bench().stateOf(key);

      const moving = bench().connector.transitionItem(connect(), { key, transitionId: 'nonsense' }, until());

      await expect(moving).rejects.toBeInstanceOf(ConnectorError);
      expect(bench().stateOf(key)).toBe(before);
    });

    it('of an item that is not there is null', async () => {
      const { connector, unknownKey: key } = bench();

      expect(await connector.listTransitions(connect(), key, until())).toBeNull();
      expect(await connector.transitionItem(connect(), { key, transitionId: '1' }, until())).toBeNull();
    });

    it('of what cannot be a key is asked for nowhere', async () => {
      const { connector, hostileKeys, requests } = bench();

      for (const key of hostileKeys) {
        expect(await connector.listTransitions(connect(), key, until())).toBeNull();
        expect(await connector.transitionItem(connect(), { key, transitionId: '1' }, until())).toBeNull();
      }

      expect(requests).toEqual([]);
    });
  });
}

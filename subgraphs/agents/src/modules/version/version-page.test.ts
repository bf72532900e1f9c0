import { describe, expect, test } from 'vitest';
import { encodeCursor, systemClock } from '@flowgrid/platform';
import type { Agent } from '../agent/agent.ts';
import type { AgentVersion, VersionKey } from './agent-version.ts';
import { listVersionPage } from './version-page.ts';

const agent = { id: 'a', latestNumber: 5 } as Agent;

function versionOf({ agentId, number }: VersionKey): AgentVersion {
  const author = { kind: 'SYSTEM', id: 's', name: 's', userId: null } as const;
  const history = { note: null, parentNumber: null, restoredFrom: null, createdAt: systemClock.now() };
  return { id: `v${number}`, agentId, number, digest: '', author, ...history };
}

describe('a page of versions', () => {
  test.each([
    [{ first: 2 }, [5, 4], true],
    [{ first: 2, after: encodeCursor({ version: 4 }) }, [3, 2], true],
    [{ first: 2, after: encodeCursor({ version: 2 }) }, [1], false],
    [{ first: 2, after: encodeCursor({ version: 1 }) }, [], false],
    [{ first: 5 }, [5, 4, 3, 2, 1], false],
    [{ first: 100, after: encodeCursor({ version: 1_000_000 }) }, [5, 4, 3, 2, 1], false],
  ])('%j', async (args, numbers, hasNextPage) => {
    const asked: number[] = [];
    const load = async (key: VersionKey): Promise<AgentVersion> => {
      asked.push(key.number);
      return versionOf(key);
    };

    const page = await listVersionPage(agent, args, { load });

    expect(page.edges.map(({ node }) => node.number)).toEqual(numbers);
    expect(page.pageInfo.hasNextPage).toBe(hasNextPage);
    expect(page.totalCount).toBe(5);
    expect(asked.every((number) => number >= 1 && number <= 5)).toBe(true);
  });

  test.each([{ first: 0 }, { first: 101 }, { after: 'x' }, { after: encodeCursor({ version: 0 }) }])(
    '%j is bad input',
    async (args) => {
      const load = async (key: VersionKey): Promise<AgentVersion> => versionOf(key);

      await expect(listVersionPage(agent, args, { load })).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    },
  );
});

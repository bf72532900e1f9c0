import { Client } from 'pg';
import type { TestDatabaseAccess } from './database.ts';
import { until } from './wait.ts';

/** Waits until the design service knows the agent at the revision: it hears of agents a moment after they were changed. */
export async function untilKnown(
  database: TestDatabaseAccess,
  agent: { readonly id: string; readonly revision?: number },
): Promise<void> {
  const client = new Client({ connectionString: database.superuserUrl });
  await client.connect();
  try {
    await until('the design service knows the agent', async () => {
      const { rowCount } = await client.query(
        'SELECT 1 FROM design.known_agent WHERE id = $1 AND revision >= $2',
        [agent.id, agent.revision ?? 1],
      );
      return rowCount === 1;
    });
  } finally {
    await client.end();
  }
}

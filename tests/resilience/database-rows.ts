/** What is in the database, behind row level security, for judging what services have done. */
import { Client } from 'pg';

export interface DatabaseRows extends AsyncDisposable {
  rows<Row extends object>(sql: string, values?: readonly unknown[]): Promise<readonly Row[]>;
}

export async function openRows(superuserUrl: string): Promise<DatabaseRows> {
  const client = new Client({ connectionString: superuserUrl });
  // The server may be stopped by the test before this is closed.
  client.on('error', () => undefined);
  await client.connect();
  return {
    rows: async <Row extends object>(sql: string, values: readonly unknown[] = []) =>
      (await client.query<Row>(sql, [...values])).rows,
    [Symbol.asyncDispose]: () => client.end(),
  };
}

export interface StoredJob {
  readonly id: string;
  readonly state: string;
  readonly attempt: number;
  readonly takeovers: number;
}

export async function getJob({ rows }: DatabaseRows, sessionId: string): Promise<StoredJob> {
  const [job] = await rows<StoredJob>(
    'SELECT id, state, attempt, takeovers FROM design.design_job WHERE session_id = $1',
    [sessionId],
  );
  if (!job) throw new Error(`no job of the session ${sessionId}`);
  return job;
}

export interface StoredEvent {
  readonly sequence: number;
  readonly attempt: number;
  readonly phase: string;
  readonly state: string;
  readonly percent: number;
  readonly message: string;
}

export async function listEvents({ rows }: DatabaseRows, sessionId: string): Promise<readonly StoredEvent[]> {
  return rows<StoredEvent>(
    `SELECT sequence, attempt, phase, state, percent, message FROM design.design_event
     WHERE session_id = $1 ORDER BY sequence`,
    [sessionId],
  );
}

/** The phases whose results are stored, with the attempt that stored them. */
export async function listResults(
  { rows }: DatabaseRows,
  sessionId: string,
): Promise<readonly { readonly phase: string; readonly attempt: number }[]> {
  return rows(
    'SELECT phase, attempt FROM design.design_phase_result WHERE session_id = $1 ORDER BY finished_at',
    [sessionId],
  );
}

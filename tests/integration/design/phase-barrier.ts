/** Stops a worker, wherever it runs, at the moment in which it writes the result of a phase. */
import { Client } from 'pg';
import { until } from '../../testkit/wait.ts';

const LOCK = 4711;
/** Long enough for a job on a busy machine. */
const LIMIT_MS = 60_000;

export interface PhaseBarrier extends AsyncDisposable {
  /** From now on, whoever writes the result of the phase waits within its transaction. */
  close(phase: string): Promise<void>;
  /** Waits until somebody stands at the barrier. */
  reached(): Promise<void>;
  /** Lets everybody through, now and later. */
  open(): Promise<void>;
}

export async function openPhaseBarrier(superuserUrl: string): Promise<PhaseBarrier> {
  const [holder, watcher] = [
    new Client({ connectionString: superuserUrl }),
    new Client({ connectionString: superuserUrl }),
  ];
  await Promise.all([holder.connect(), watcher.connect()]);
  await holder.query(
    `CREATE OR REPLACE FUNCTION public.wait_at_barrier() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN PERFORM pg_advisory_xact_lock(${LOCK}); RETURN NEW; END $$`,
  );
  const open = async (): Promise<void> => {
    await holder.query('SELECT pg_advisory_unlock_all()');
    await holder.query('DROP TRIGGER IF EXISTS barrier ON design.design_phase_result');
  };
  return {
    close: async (phase) => {
      await holder.query(
        `CREATE TRIGGER barrier BEFORE INSERT ON design.design_phase_result FOR EACH ROW
         WHEN (NEW.phase = '${phase}') EXECUTE FUNCTION public.wait_at_barrier()`,
      );
      await holder.query('SELECT pg_advisory_lock($1)', [LOCK]);
    },
    reached: async () => {
      const look = async (): Promise<boolean> => {
        const { rowCount } = await watcher.query(
          `SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = $1 AND NOT granted
           AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
          [LOCK],
        );
        return rowCount === 1;
      };
      await until('somebody stands at the barrier', look, LIMIT_MS);
    },
    open,
    [Symbol.asyncDispose]: async () => {
      await open();
      await Promise.all([holder.end(), watcher.end()]);
    },
  };
}

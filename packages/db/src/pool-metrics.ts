/** What a pool tells of itself. */
import { Gauge, type Registry } from '@flowgrid/platform';

export interface PoolFigures {
  readonly size: number;
  readonly inUse: () => number;
  readonly waiting: () => number;
}

export function registerPoolMetrics(metrics: Registry, figures: PoolFigures): void {
  const measure = (name: string, help: string, read: () => number): void => {
    const gauge: Gauge = new Gauge({
      name,
      help,
      registers: [metrics],
      collect: (): void => gauge.set(read()),
    });
  };
  measure('db_pool_size', 'Connections to PostgreSQL that may be open.', () => figures.size);
  measure('db_pool_in_use', 'Connections to PostgreSQL that are at work.', figures.inUse);
  measure('db_pool_waiting', 'Works that wait for a connection to PostgreSQL.', figures.waiting);
}

/** The services for ArchiMate models in this process, on a database of their own. */
import { Client } from 'pg';
import { ROLE_PERMISSIONS, type BuiltInRole, type ServiceRequest, type Viewer } from '@flowgrid/access';
import { createLogger, newId, systemClock } from '@flowgrid/platform';
import { openDesignDatabase } from '../../../../subgraphs/design/src/database.ts';
import { createArchimateServices } from '../../../../subgraphs/design/src/modules/archimate/archimate-services.ts';
import { createArchimateWorkshop } from '../../../../subgraphs/design/src/modules/archimate/thread/archimate-workshop.ts';
import { createTestDatabase } from '../../../testkit/database.ts';

export interface TenantRequest extends ServiceRequest {
  readonly viewer: Viewer & { kind: 'tenant' };
}

export async function openArchimateBench() {
  await using stack = new AsyncDisposableStack();
  const testDatabase = stack.use(await createTestDatabase());
  const logger = createLogger({ name: 'test', level: 'silent' });
  const database = stack.use(openDesignDatabase(testDatabase.url('flowgrid_design'), logger));
  const workshop = stack.use(createArchimateWorkshop({ limitMs: 60_000 }));
  const superuser = new Client({ connectionString: testDatabase.superuserUrl });
  await superuser.connect();
  stack.defer(() => superuser.end());
  const { signal } = new AbortController();
  const services = createArchimateServices({ database, workshop, clock: systemClock, signal });
  const owned = stack.move();
  return {
    ...services,
    database,
    workshop,
    /** Reads and writes behind row level security. */
    rows: async (sql: string, values: readonly unknown[] = []) =>
      (await superuser.query<Record<string, unknown>>(sql, [...values])).rows,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Someone of a tenant; of a fresh one when none is named. */
export function requestOf(options: { tenantId?: string; role?: BuiltInRole } = {}): TenantRequest {
  const userId = newId();
  return {
    requestId: 'test',
    viewer: {
      kind: 'tenant',
      tenantId: options.tenantId ?? newId(),
      actor: { kind: 'USER', id: userId, name: 'Erin', userId },
      permissions: new Set(ROLE_PERMISSIONS[options.role ?? 'EDITOR']),
      sessionId: null,
      contextToken: `token of ${userId}`,
    },
  };
}

/** An exchange file with the elements and relationships that are given as XML. */
export function exchangeOf(elements: string, relationships = ''): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<model xmlns="http://www.opengroup.org/xsd/archimate/3.0/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" identifier="id-model">
  <name xml:lang="en">Claims</name>
  <elements>${elements}</elements>
  ${relationships === '' ? '' : `<relationships>${relationships}</relationships>`}
</model>`;
}

export const element = (id: string, type: string, name = id): string =>
  `<element identifier="${id}" xsi:type="${type}"><name>${name}</name></element>`;

export const relationship = (id: string, type: string, [source, target]: [string, string]): string =>
  `<relationship identifier="${id}" source="${source}" target="${target}" xsi:type="${type}"/>`;

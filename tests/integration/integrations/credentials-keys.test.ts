/** The keys of tenants over a real database: sealing, change of both layers of keys, destruction. */
import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createLogger, newId } from '@flowgrid/platform';
import { createMemoryPubSub } from '@flowgrid/shared-state';
import {
  combineKeyEncryptions,
  type KeyEncryption,
} from '../../../subgraphs/integrations/src/adapters/keys/key-encryption.ts';
import { createLocalKeys } from '../../../subgraphs/integrations/src/adapters/keys/local-keys.ts';
import {
  openIntegrationsDatabase,
  type IntegrationsDatabase,
} from '../../../subgraphs/integrations/src/database.ts';
import { DataKeys } from '../../../subgraphs/integrations/src/modules/credential/data-keys.ts';
import { createFormerEnvelopes } from '../../../subgraphs/integrations/src/modules/credential/former-envelopes.ts';
import { KeyAdministration } from '../../../subgraphs/integrations/src/modules/credential/key-administration.ts';
import { KeySweeper } from '../../../subgraphs/integrations/src/modules/credential/key-sweeper.ts';
import { SEALED_COLUMNS } from '../../../subgraphs/integrations/src/modules/credential/sealed-columns.ts';
import { SealError } from '../../../subgraphs/integrations/src/modules/credential/secret-box.ts';
import { createTestDatabase, type TestDatabase } from '../../testkit/database.ts';

const MINUTE_MS = 60 * 1000;
const FIRST = randomBytes(32);
const SECOND = randomBytes(32);
const SECRET = 'a secret of the tenant';

let server: TestDatabase;
let database: IntegrationsDatabase;
let superuser: Client;
let now: number;
let tenantId: string;
let place: { readonly owner: string; readonly field: string };
const lines: string[] = [];
const logger = createLogger({ name: 'test', level: 'debug', write: (line) => lines.push(line) });
const clock = { now: () => new Date(now) };

beforeAll(async () => {
  server = await createTestDatabase();
  database = openIntegrationsDatabase(server.url('flowgrid_integrations'));
  superuser = new Client({ connectionString: server.superuserUrl });
  await superuser.connect();
});
afterAll(async () => {
  await superuser.end();
  await database[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});
beforeEach(async () => {
  now = Date.now();
  tenantId = newId();
  place = { owner: await createIntegration(), field: 'token' };
  lines.length = 0;
  await superuser.query('DELETE FROM integrations.data_key');
});

async function createIntegration(tenant = tenantId): Promise<string> {
  const id = newId();
  const at = clock.now();
  await database.inTenant(tenant, (tx) =>
    tx.integration.create({
      data: {
        tenantId: tenant,
        id,
        kind: 'GITHUB',
        name: id,
        baseUrl: 'https://api.github.com',
        status: 'UNTESTED',
        connectionRevision: 1,
        createdAt: at,
        updatedAt: at,
      },
    }),
  );
  return id;
}

/** A process of the service, which knows these keys. */
function start(keys: KeyEncryption = createLocalKeys({ current: FIRST, old: [] })): {
  readonly dataKeys: DataKeys;
  readonly sweeper: KeySweeper;
  readonly administration: KeyAdministration;
} {
  const former = createFormerEnvelopes([FIRST]);
  const dataKeys = new DataKeys({ database, keys, former, clock, logger });
  const tools = { database, dataKeys, keys, clock, logger, pubsub: createMemoryPubSub() };
  return { dataKeys, sweeper: new KeySweeper(tools), administration: new KeyAdministration(tools) };
}

async function store(dataKeys: DataKeys, value = SECRET): Promise<void> {
  const secrets = await dataKeys.unlock(tenantId);
  await storeEnvelope(secrets.seal(place, value));
}

async function storeEnvelope(envelope: object): Promise<void> {
  const { owner: integrationId, field } = place;
  await database.inTenant(tenantId, (tx) =>
    tx.integrationCredential.create({
      data: { tenantId, integrationId, field, envelope, sealedAt: clock.now() },
    }),
  );
}

async function stored(): Promise<{ readonly v: number; readonly keyId: string }> {
  const { rows } = await superuser.query<{ envelope: { v: number; keyId: string } }>(
    'SELECT envelope FROM integrations.integration_credential WHERE tenant_id = $1',
    [tenantId],
  );
  const [row] = rows;
  if (!row) throw new Error('nothing is stored');
  return row.envelope;
}

async function open(dataKeys: DataKeys): Promise<string> {
  return openStored(dataKeys, await stored());
}

async function openStored(dataKeys: DataKeys, envelope: unknown): Promise<string> {
  const secrets = await dataKeys.unlock(tenantId);
  return secrets.open(place, envelope);
}

async function keyRows(): Promise<readonly { readonly version: number; readonly wrapped_by: string }[]> {
  const { rows } = await superuser.query<{ version: number; wrapped_by: string }>(
    'SELECT version, wrapped_by FROM integrations.data_key WHERE tenant_id = $1 ORDER BY version',
    [tenantId],
  );
  return rows;
}

describe('a sealed secret', () => {
  test('opens at its place, in every process', async () => {
    await store(start().dataKeys);

    expect(await open(start().dataKeys)).toBe(SECRET);
    expect(JSON.stringify(await stored())).not.toContain(SECRET);
  });

  // A row that is copied to a place of the attacker's must not open there.
  test('does not open at another tenant, owner or field', async () => {
    const { dataKeys } = start();
    await store(dataKeys);
    const envelope = await stored();
    const own = await dataKeys.unlock(tenantId);
    const foreign = await dataKeys.unlock(newId());

    expect(() => foreign.open(place, envelope)).toThrow(SealError);
    expect(() => own.open({ ...place, owner: newId() }, envelope)).toThrow(SealError);
    expect(() => own.open({ ...place, field: 'password' }, envelope)).toThrow(SealError);
    expect(() => own.open({ ...place, field: 'password' }, { ...envelope, field: 'password' })).toThrow(
      SealError,
    );
  });

  // With the envelope the wrapped data key is copied too.
  test('does not open at another tenant that has a copy of the data key', async () => {
    await store(start().dataKeys);
    const attacker = newId();
    await superuser.query(
      `INSERT INTO integrations.data_key SELECT $2, id, version, wrapped_key, wrapped_by, created_at, active_at, wrapped_at
         FROM integrations.data_key WHERE tenant_id = $1`,
      [tenantId, attacker],
    );

    const secrets = await start().dataKeys.unlock(attacker);

    expect(() => secrets.open(place, { ...place })).toThrow(SealError);
    const envelope = await stored();
    expect(() => secrets.open(place, envelope)).toThrow(SealError);
    expect(lines.join('')).toContain('the data key belongs elsewhere');
  });

  test.each(['nonce', 'ciphertext', 'tag'] as const)('does not open with another %s', async (part) => {
    const secrets = await start().dataKeys.unlock(tenantId);
    const envelope = secrets.seal(place, SECRET);
    const bytes = Buffer.from(envelope[part], 'base64');
    bytes.writeUInt8(bytes.readUInt8(0) ^ 1, 0);

    expect(() => secrets.open(place, { ...envelope, [part]: bytes.toString('base64') })).toThrow(SealError);
  });

  // GCM takes tags as short as four bytes, which can be guessed.
  test('does not open with a shortened tag', async () => {
    const secrets = await start().dataKeys.unlock(tenantId);
    const envelope = secrets.seal(place, SECRET);
    const tag = Buffer.from(envelope.tag, 'base64').subarray(0, 4).toString('base64');

    expect(() => secrets.open(place, { ...envelope, tag })).toThrow(SealError);
  });

  test('is never sealed the same way twice', async () => {
    const secrets = await start().dataKeys.unlock(tenantId);

    const [one, other] = [secrets.seal(place, SECRET), secrets.seal(place, SECRET)];

    expect(one.nonce).not.toBe(other.nonce);
    expect(one.ciphertext).not.toBe(other.ciphertext);
  });
});

describe('the data keys of a tenant', () => {
  test('are unwrapped once for many who ask at once, and again after five minutes', async () => {
    await store(start().dataKeys);
    const counted = countUnwraps(createLocalKeys({ current: FIRST, old: [] }));
    const { dataKeys } = start(counted.keys);

    const envelope = await stored();
    await Promise.all(Array.from({ length: 50 }, () => openStored(dataKeys, envelope)));
    now += 4 * MINUTE_MS;
    await open(dataKeys);

    expect(counted.unwraps()).toBe(1);
    now += 2 * MINUTE_MS;
    await open(dataKeys);
    expect(counted.unwraps()).toBe(2);
  });

  test('are one, however many processes ask for the first one at once', async () => {
    await Promise.all(Array.from({ length: 8 }, () => start().dataKeys.unlock(tenantId)));

    expect(await keyRows()).toHaveLength(1);
  });

  test('cannot be had while the vault is away, and are remembered by nobody', async () => {
    await store(start().dataKeys);
    let isAway = true;
    const local = createLocalKeys({ current: FIRST, old: [] });
    const { dataKeys } = start({
      ...local,
      unwrap: (key, signal) =>
        isAway ? Promise.reject(new TypeError('fetch failed')) : local.unwrap(key, signal),
    });
    await expect(open(dataKeys)).rejects.toThrow('fetch failed');

    isAway = false;

    expect(await open(dataKeys)).toBe(SECRET);
  });

  test('are made anew when the key that wrapped them is lost: what is entered again opens, the rest does not', async () => {
    await store(start().dataKeys);
    const { dataKeys } = start(createLocalKeys({ current: SECOND, old: [] }));
    await expect(open(dataKeys)).rejects.toBeInstanceOf(SealError);

    const secrets = await dataKeys.unlock(tenantId);
    const entered = secrets.seal(place, 'entered again');

    expect(secrets.open(place, entered)).toBe('entered again');
  });
});

function countUnwraps(keys: KeyEncryption): { readonly keys: KeyEncryption; readonly unwraps: () => number } {
  let unwraps = 0;
  return {
    unwraps: () => unwraps,
    keys: {
      ...keys,
      unwrap: (key, signal) => {
        unwraps += 1;
        return keys.unwrap(key, signal);
      },
    },
  };
}

describe('another key-encryption key', () => {
  test('takes over without a moment in which a secret does not open, and the former one can be taken away', async () => {
    await store(start().dataKeys);
    const former = (await keyRows())[0]?.wrapped_by;
    const both = start(createLocalKeys({ current: SECOND, old: [FIRST] }));
    expect(await open(both.dataKeys)).toBe(SECRET);

    const report = await both.sweeper.sweep();

    expect(report).toEqual({ rewrapped: 1, resealed: 0, retired: 0, unopened: 0 });
    expect((await keyRows())[0]?.wrapped_by).not.toBe(former);
    expect(await open(start(createLocalKeys({ current: SECOND, old: [] })).dataKeys)).toBe(SECRET);
    expect(await both.sweeper.sweep()).toEqual({ rewrapped: 0, resealed: 0, retired: 0, unopened: 0 });
  });

  test('may be of another place', async () => {
    const local = createLocalKeys({ current: FIRST, old: [] });
    const other: KeyEncryption = {
      ...createLocalKeys({ current: SECOND, old: [] }),
      knows: () => false,
    };
    await store(start(local).dataKeys);

    const report = await start(combineKeyEncryptions(other, [local])).sweeper.sweep();

    expect(report.rewrapped).toBe(1);
  });
});

describe('another data key', () => {
  test('seals when all processes know it, then takes over what the former one sealed, which is deleted', async () => {
    const rotating = start();
    const other = start();
    await store(other.dataKeys);
    const former = await stored();
    const made = await rotating.administration.rotate(tenantId);

    // The other process has not heard of it and still remembers the former key alone.
    const early = (await other.dataKeys.unlock(tenantId)).seal(place, 'early');
    expect(early.keyId).toBe(former.keyId);
    expect((await rotating.dataKeys.unlock(tenantId)).seal(place, 'early').keyId).toBe(former.keyId);
    expect(await rotating.sweeper.sweep()).toMatchObject({ resealed: 0, retired: 0 });

    now = made.activeAt.getTime();
    expect((await rotating.dataKeys.unlock(tenantId)).seal(place, 'late').keyId).toBe(made.id);
    expect(await rotating.sweeper.sweep()).toMatchObject({ resealed: 1, retired: 0 });
    expect((await stored()).keyId).toBe(made.id);
    expect(await open(other.dataKeys)).toBe(SECRET);

    now += 10 * MINUTE_MS;
    expect(await rotating.sweeper.sweep()).toMatchObject({ resealed: 0, retired: 1 });
    expect((await keyRows()).map(({ version }) => version)).toEqual([2]);
    expect(await open(start().dataKeys)).toBe(SECRET);
  });

  test('does not bring back a secret that was replaced while it was sealed again', async () => {
    const { dataKeys, sweeper, administration } = start();
    await store(dataKeys);
    const { activeAt } = await administration.rotate(tenantId);
    now = activeAt.getTime();
    const replaced = (await dataKeys.unlock(tenantId)).seal(place, 'replaced');
    await superuser.query(
      'UPDATE integrations.integration_credential SET envelope = $2 WHERE tenant_id = $1',
      [tenantId, replaced],
    );

    await sweeper.sweep();

    expect(await open(dataKeys)).toBe('replaced');
  });

  test('is told in the audit and as an event, without the key', async () => {
    const { dataKeys, administration } = start();
    await store(dataKeys);

    const { version } = await administration.rotate(tenantId);

    const { rows } = await superuser.query<{ action: string; changes: object; type: string; body: string }>(
      `SELECT audit.action, audit.changes, event.type, event.body FROM integrations.audit_event AS audit
         JOIN integrations.outbox_event AS event USING (tenant_id, id) WHERE tenant_id = $1`,
      [tenantId],
    );
    expect(rows).toEqual([
      {
        action: 'integration.keys.rotated',
        type: 'integration.keys.rotated',
        changes: { version, activeAt: expect.any(String) },
        body: expect.any(String),
      },
    ]);
  });
});

describe('what was sealed before there were data keys', () => {
  test('opens, is sealed again by the sweeper, and opens then without the former key', async () => {
    await storeEnvelope(await formerEnvelope());
    const { dataKeys, sweeper } = start();
    expect(await open(dataKeys)).toBe(SECRET);
    expect((await stored()).v).toBe(1);

    const report = await sweeper.sweep();

    expect(report).toEqual({ rewrapped: 0, resealed: 1, retired: 0, unopened: 0 });
    expect((await stored()).v).toBe(2);
    expect(await open(start().dataKeys)).toBe(SECRET);
  });

  test('that does not open is told, and holds up nothing else', async () => {
    const { v, ...envelope } = await formerEnvelope();
    await storeEnvelope({ v, ...envelope, tag: Buffer.alloc(16).toString('base64') });

    const report = await start().sweeper.sweep();

    expect(report).toMatchObject({ resealed: 0, unopened: 1 });
    expect(lines.join('')).toContain('a stored secret does not open');
    expect(lines.join('')).not.toContain(SECRET);
    await superuser.query('DELETE FROM integrations.integration_credential WHERE tenant_id = $1', [tenantId]);
  });
});

/** As the release sealed that had one key for all tenants. */
async function formerEnvelope(): Promise<{ readonly v: 1 } & Readonly<Record<string, unknown>>> {
  const { createCipheriv, hkdfSync } = await import('node:crypto');
  const derive = (purpose: string, length: number): Buffer =>
    Buffer.from(hkdfSync('sha256', FIRST, '', `flowgrid credentials ${purpose}`, length));
  const keyId = derive('key id', 8).toString('hex');
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', derive('key', 32), nonce);
  cipher.setAAD(Buffer.from([tenantId, place.owner, place.field, keyId].join('|')));
  const ciphertext = Buffer.concat([cipher.update(SECRET, 'utf8'), cipher.final()]);
  const [text, tag] = [ciphertext, cipher.getAuthTag()].map((bytes) => bytes.toString('base64'));
  return { v: 1, keyId, nonce: nonce.toString('base64'), ciphertext: text, tag };
}

describe('destroyed data keys', () => {
  test('open nothing any more; a process that did not hear of it forgets them in five minutes', async () => {
    const { dataKeys, administration } = start();
    const unaware = start();
    await store(dataKeys);
    expect(await open(unaware.dataKeys)).toBe(SECRET);

    const deleted = await administration.destroy(tenantId);

    expect(deleted).toBe(1);
    await expect(open(dataKeys)).rejects.toBeInstanceOf(SealError);
    expect(await open(unaware.dataKeys)).toBe(SECRET);
    now += 5 * MINUTE_MS;
    await expect(open(unaware.dataKeys)).rejects.toBeInstanceOf(SealError);
  });

  test('take along what was sealed before there were any', async () => {
    await storeEnvelope(await formerEnvelope());
    const { dataKeys, administration, sweeper } = start();

    await administration.destroy(tenantId);

    await expect(open(dataKeys)).rejects.toBeInstanceOf(SealError);
    await sweeper.sweep();
    await expect(open(start().dataKeys)).rejects.toBeInstanceOf(SealError);
  });

  test('leave other tenants alone', async () => {
    const { dataKeys, administration } = start();
    await store(dataKeys);

    await administration.destroy(newId());

    expect(await open(dataKeys)).toBe(SECRET);
  });
});

test('every column of envelopes is among those that the sweeper looks at, and may be updated', async () => {
  const { rows } = await superuser.query<{ table: string; column: string }>(
    `SELECT table_name AS table, column_name AS column FROM information_schema.columns
      WHERE table_schema = 'integrations' AND data_type = 'jsonb' AND column_name LIKE '%envelope' ORDER BY 1, 2`,
  );
  const { rows: updatable } = await superuser.query<{ table: string; column: string }>(
    `SELECT table_name AS table, column_name AS column FROM information_schema.column_privileges
      WHERE table_schema = 'integrations' AND grantee = 'flowgrid_integrations' AND privilege_type = 'UPDATE'`,
  );

  expect([...SEALED_COLUMNS].toSorted((one, other) => one.table.localeCompare(other.table))).toEqual(rows);
  expect(updatable).toEqual(expect.arrayContaining(rows));
});

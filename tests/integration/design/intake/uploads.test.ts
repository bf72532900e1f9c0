/** Files that people upload: taken in, refused, kept apart and deleted. */
import { request } from 'node:http';
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newId } from '@flowgrid/platform';
import { purgeUploads } from '../../../../subgraphs/design/src/modules/intake/purge-uploads.ts';
import { findUpload } from '../../../../subgraphs/design/src/modules/intake/upload-store.ts';
import { CLAIM_DIAGRAM, makeBpmn, makeDocx } from '../../../../subgraphs/design/src/testkit/documents.ts';
import { startIntake, type Intake, type Sender } from './intake.ts';

let intake: Intake;

beforeAll(async () => {
  intake = await startIntake();
});
afterAll(() => intake[Symbol.asyncDispose]());

const find = ({ tenantId }: Sender, id: string) =>
  intake.database.readInTenant(tenantId, (tx) => findUpload(tx, tenantId, id));

test('a file is read, kept, and found again with its bytes', async () => {
  const sender = intake.sender();
  const content = makeDocx(['The clerk pays.']);

  const answer = await sender.upload('Handbuch für Ämter.docx', content);

  expect(answer).toEqual({
    status: 201,
    id: expect.any(String),
    name: 'Handbuch für Ämter.docx',
    mediaType: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
    size: content.byteLength,
    sha256: createHash('sha256').update(content).digest('hex'),
    characters: 15,
    kind: 'DOCX',
    warnings: [],
  });
  const file = await find(sender, answer.id);
  expect({ ...file, content: Buffer.from(file?.content ?? []).equals(content) }).toEqual({
    id: answer.id,
    name: answer.name,
    kind: 'DOCX',
    mediaType: answer.mediaType,
    sha256: answer.sha256,
    content: true,
  });
});

test('an ArchiMate model is kept as it is, for its import', async () => {
  const sender = intake.sender();
  const xml = '<model xmlns="http://www.opengroup.org/xsd/archimate/3.0/" identifier="m"/>';

  const answer = await sender.upload('model.xml', xml);

  expect(answer).toMatchObject({ status: 201, kind: 'ARCHIMATE', characters: 0 });
  expect(Buffer.from((await find(sender, answer.id))?.content ?? []).toString()).toBe(xml);
});

test('the same bytes are kept once for a tenant, and once more for another', async () => {
  const [one, other] = [intake.sender(), intake.sender()];
  const content = `The clerk pays ${newId()}.`;

  const answers = [
    await one.upload('a.txt', content),
    await one.upload('b.txt', content),
    await other.upload('a.txt', content),
  ];

  const { rows } = await intake.superuser.query(
    'SELECT tenant_id FROM design.upload_content WHERE sha256 = $1 ORDER BY tenant_id',
    [answers[0]?.sha256],
  );
  expect(new Set(answers.map(({ id }) => id)).size).toBe(3);
  expect(rows.map(({ tenant_id: id }) => String(id))).toEqual([one.tenantId, other.tenantId].toSorted());
});

// Attack: names that lead out of a folder, hide what a file is, or fill a column.
test.each([
  ['../../etc/passwd', 'passwd'],
  [String.raw`C:\Windows\claims.txt`, 'claims.txt'],
  ['...', 'file'],
  ['a\u202etxt.exe.txt', 'atxt.exe.txt'],
  [`${'ä'.repeat(300)}.txt`, `${'ä'.repeat(125)}.txt`],
])('the name %j becomes %j', async (given, name) => {
  expect(await intake.sender().upload(given, 'The clerk pays.')).toMatchObject({ status: 201, name });
});

test('what cannot be read is refused with a reason and how to mend it, and nothing is kept', async () => {
  const sender = intake.sender();

  const answers = [
    await sender.upload('a.txt', ''),
    await sender.upload('a.exe', Uint8Array.from([0x4d, 0x5a, 0, 0])),
    await sender.upload('a.bpmn', makeBpmn('<bpmn:process id="p"/>', '<!DOCTYPE x [<!ENTITY a "b">]>')),
  ];

  expect(
    answers.map(({ status, errors }) => [
      status,
      errors?.[0]?.extensions.code,
      errors?.[0]?.extensions.reason,
    ]),
  ).toEqual([
    [400, 'BAD_USER_INPUT', 'EMPTY_FILE'],
    [400, 'BAD_USER_INPUT', 'UNSUPPORTED_TYPE'],
    [400, 'BAD_USER_INPUT', 'ENTITIES_REFUSED'],
  ]);
  const { rows } = await intake.superuser.query('SELECT FROM design.upload WHERE tenant_id = $1', [
    sender.tenantId,
  ]);
  expect(rows).toEqual([]);
});

test('a file of 20 MB is read, and one byte more is refused', async () => {
  const sender = intake.sender();
  const model = Buffer.alloc(20 * 1024 * 1024 + 1, ' ');
  model.write('<model xmlns="http://www.opengroup.org/xsd/archimate/3.0/" identifier="m"/>');

  const fitting = await sender.upload('model.xml', model.subarray(0, -1));
  const larger = await sender.upload('model.xml', model);

  expect(fitting).toMatchObject({ status: 201, size: 20 * 1024 * 1024 });
  expect(larger).toMatchObject({
    status: 413,
    errors: [{ extensions: { code: 'PAYLOAD_TOO_LARGE', reason: 'FILE_TOO_LARGE' } }],
  });
});

test('who may not run designs uploads nothing', async () => {
  expect(await intake.sender('VIEWER').upload('a.txt', 'a')).toMatchObject({
    status: 403,
    errors: [{ extensions: { code: 'FORBIDDEN' } }],
  });
});

async function post(headers: Readonly<Record<string, string>>, body: string): Promise<number> {
  const response = await fetch(`${intake.server.url}/uploads`, { method: 'POST', headers, body });
  await response.text();
  return response.status;
}

test('only one file as a form is taken', async () => {
  const { token: authorization } = intake.sender();
  const part = (name: string, more = ''): string =>
    `--b\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\na\r\n`;
  const form = { authorization, 'content-type': 'multipart/form-data; boundary=b' };

  const statuses = [
    await post(
      { 'content-type': 'multipart/form-data; boundary=b' },
      `${part('file', '; filename="a.txt"')}--b--`,
    ),
    await post({ authorization, 'content-type': 'application/octet-stream' }, 'a'),
    await post({ authorization, 'content-type': 'application/json' }, '{}'),
    await post(form, '--b--'),
    await post(form, `${part('note')}--b--`),
    await post(form, `${part('one', '; filename="a.txt"')}${part('two', '; filename="b.txt"')}--b--`),
    await post(form, part('file', '; filename="a.txt"').slice(0, -2)),
    await post(form, `${part('note')}${part('file', '; filename="a.txt"')}--b--`),
  ];

  expect(statuses).toEqual([401, 400, 400, 400, 400, 400, 400, 201]);
});

test('a sender who goes away in the middle leaves nothing behind', async () => {
  const sender = intake.sender();
  const gone = Promise.withResolvers<void>();
  const cut = request(`${intake.server.url}/uploads`, {
    method: 'POST',
    headers: {
      authorization: sender.token,
      'content-type': 'multipart/form-data; boundary=b',
      'content-length': '1000000',
    },
  });
  cut.once('error', () => gone.resolve());
  cut.write('--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nThe clerk', () =>
    cut.destroy(),
  );
  cut.once('close', () => gone.resolve());
  await gone.promise;

  expect(await sender.upload('a.txt', 'The clerk pays.')).toMatchObject({ status: 201 });
  const { rowCount } = await intake.superuser.query('SELECT FROM design.upload WHERE tenant_id = $1', [
    sender.tenantId,
  ]);
  expect(rowCount).toBe(1);
});

// Attack: another tenant's file by its id.
test('a file of another tenant is found like one that does not exist', async () => {
  const [owner, stranger] = [intake.sender(), intake.sender()];
  const { id } = await owner.upload('a.txt', 'Confidential');

  expect(await find(owner, id)).toMatchObject({ name: 'a.txt' });
  expect([await find(stranger, id), await find(stranger, newId()), await find(stranger, 'x')]).toEqual([
    null,
    null,
    null,
  ]);
});

test('files that no design uses are deleted after a day, with bytes that nothing else needs', async () => {
  const sender = intake.sender();
  const shared = `Kept ${newId()}`;
  const [unused, used, fresh, twin] = [
    await sender.upload('unused.txt', `Unused ${newId()}`),
    await sender.upload('used.txt', shared),
    await sender.upload('fresh.txt', `Fresh ${newId()}`),
    await sender.upload('twin.txt', shared),
  ];
  const session = await intake.addSession(sender.tenantId);
  await intake.superuser.query(
    `INSERT INTO design.session_source (tenant_id, session_id, position, kind, upload_id) VALUES ($1, $2, 1, 'FILE', $3)`,
    [sender.tenantId, session, used.id],
  );
  await intake.superuser.query(
    `UPDATE design.upload SET created_at = now() - interval '25 hours' WHERE id = ANY($1)`,
    [[unused.id, used.id, twin.id]],
  );
  await intake.superuser.query(
    `UPDATE design.upload_content SET last_used_at = now() - interval '25 hours' WHERE sha256 <> $1`,
    [fresh.sha256],
  );

  const deleted = await purgeUploads(intake.database);

  const files = await intake.superuser.query(
    'SELECT name FROM design.upload WHERE tenant_id = $1 ORDER BY name',
    [sender.tenantId],
  );
  const contents = await intake.superuser.query(
    'SELECT sha256 FROM design.upload_content WHERE tenant_id = $1',
    [sender.tenantId],
  );
  expect(deleted).toBe(2);
  expect(files.rows).toEqual([{ name: 'fresh.txt' }, { name: 'used.txt' }]);
  expect(contents.rows.map(({ sha256 }) => String(sha256)).toSorted()).toEqual(
    [used.sha256, fresh.sha256].toSorted(),
  );
});

test('a tenant that has used its room is refused, and another is not', async () => {
  await using small = await startIntake({ unusedFiles: 2, unusedBytes: 100, bytes: 1000 });
  const sender = small.sender();

  const answers = [
    await sender.upload('a.txt', 'a'.repeat(60)),
    await sender.upload('b.txt', 'b'.repeat(60)),
    await sender.upload('c.txt', 'c'),
    await sender.upload('d.txt', 'd'),
  ];

  expect(answers.map(({ status, errors }) => [status, errors?.[0]?.extensions.reason ?? null])).toEqual([
    [201, null],
    [429, 'QUOTA_EXCEEDED'],
    [201, null],
    [429, 'QUOTA_EXCEEDED'],
  ]);
  expect(await small.sender().upload('a.txt', 'a')).toMatchObject({ status: 201 });
});

test('many files at once are read or refused as too many, and none is lost', async () => {
  const sender = intake.sender();

  const answers = await Promise.all(
    Array.from({ length: 12 }, (_, index) => sender.upload(`${index}.bpmn`, makeBpmn(CLAIM_DIAGRAM))),
  );

  const taken = answers.filter(({ status }) => status === 201).length;
  const { rowCount } = await intake.superuser.query('SELECT FROM design.upload WHERE tenant_id = $1', [
    sender.tenantId,
  ]);
  expect(answers.every(({ status }) => [201, 429, 503].includes(status))).toBe(true);
  expect(taken).toBeGreaterThan(0);
  expect(rowCount).toBe(taken);
});

// Attack: connections that send a file byte by byte took every place, and no tenant could upload anything.
test('slow senders of one tenant keep no other tenant from uploading', async () => {
  const [slow, other] = [intake.sender(), intake.sender()];
  const answers: (number | undefined)[] = [];
  const connections = Array.from({ length: 8 }, () => {
    const connection = request(`${intake.server.url}/uploads`, {
      method: 'POST',
      headers: {
        authorization: slow.token,
        'content-type': 'multipart/form-data; boundary=b',
        'content-length': '1000000',
      },
    });
    connection.on('response', ({ statusCode }) => answers.push(statusCode));
    connection.on('error', () => undefined);
    connection.write('--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nThe');
    return connection;
  });
  await expect.poll(() => answers).toEqual([429, 429, 429, 429]);

  const answer = await other.upload('a.txt', 'The clerk pays.');
  for (const connection of connections) connection.destroy();

  expect(answer).toMatchObject({ status: 201 });
});

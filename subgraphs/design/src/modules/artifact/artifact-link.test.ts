import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { newId } from '@flowgrid/platform';
import { createArtifactLinks } from './artifact-link.ts';

const start = new Date('2026-01-01T00:00:00Z');
const secret = randomBytes(32);

function linksAt(now: Date, key: Uint8Array = secret) {
  return createArtifactLinks({
    secret: key,
    publicUrl: 'https://flowgrid.test/base/',
    clock: { now: () => now },
  });
}

function opened(url: string): { id: string; query: Record<string, string> } {
  const { pathname, searchParams } = new URL(url);
  return { id: pathname.split('/').at(-1) ?? '', query: Object.fromEntries(searchParams) };
}

test('a link opens what it was signed for, under the public address', () => {
  const key = { tenantId: newId(), id: newId() };

  const link = linksAt(start).sign(key);

  const { id, query } = opened(link.url);
  expect(link.url).toMatch(/^https:\/\/flowgrid\.test\/base\/artifacts\//);
  expect(link.expiresAt).toEqual(new Date('2026-01-01T00:05:00Z'));
  expect(linksAt(new Date('2026-01-01T00:04:59.999Z')).verify(id, query)).toEqual(key);
});

// Attack: use a link after its time, for another tenant or file, or with a made-up signature.
test('a link that has expired or was changed in any part opens nothing', () => {
  const { id, query } = opened(linksAt(start).sign({ tenantId: newId(), id: newId() }).url);
  const links = linksAt(start);

  const answers = [
    linksAt(new Date('2026-01-01T00:05:00Z')).verify(id, query),
    links.verify(newId(), query),
    links.verify('not-an-id', query),
    links.verify(id, { ...query, tenant: newId() }),
    links.verify(id, { ...query, expires: `${Number(query['expires']) + 1}` }),
    links.verify(id, { ...query, expires: `${query['expires']}.0` }),
    links.verify(id, { ...query, signature: randomBytes(32).toString('base64url') }),
    links.verify(id, { ...query, signature: '' }),
    links.verify(id, { ...query, signature: [query['signature'], query['signature']] }),
    links.verify(id, {}),
    linksAt(start, randomBytes(32)).verify(id, query),
  ];

  expect(answers).toEqual(answers.map(() => null));
});

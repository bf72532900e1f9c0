import { expect, test } from 'vitest';
import { acceptSchema, inPayload, type AcceptInput } from './acceptance-input.ts';

const SLUG_TAKEN = { code: 'TAKEN', message: 'The slug is taken.', path: ['slug'] };
const input: AcceptInput = {
  sessionId: 'session',
  slug: 'desk',
  agents: [
    { key: 'fixer', slug: 'fixer' },
    { key: 'desk', name: 'Desk' },
  ],
};

test('what the agents service says about a name is said where the caller gave it', () => {
  const places = [
    { key: 'desk', isFirst: true },
    { key: 'fixer', isFirst: false },
    { key: 'archivist', isFirst: false },
  ].map(({ key, isFirst }) => inPayload([SLUG_TAKEN], { input, key, isFirst })[0]?.path);

  expect(places).toEqual([['slug'], ['agents', '0', 'slug'], ['agents']]);
});

test('what has no place in the input concerns the session', () => {
  const error = { code: 'STALE_REVISION', message: 'Changed.', path: ['expectedRevision'] };

  const [told] = inPayload([error], { input, key: 'desk', isFirst: true });

  expect(told).toEqual({ ...error, path: ['sessionId'] });
});

// Attack: characters that the database does not take, which would be answered as a failure of the service.
test.each(['a\0b', 'a\ud800'])("a name such as %j is refused as the caller's to mend", (text) => {
  const given = { sessionId: 'session', name: text, slug: text, agents: [{ key: 'desk', name: text }] };

  const { error } = acceptSchema.safeParse(given);

  expect(error?.issues.map(({ path }) => path.join('.'))).toEqual(['name', 'slug', 'agents.0.name']);
});

/** nginx.conf held to the table of plain routes, and to its own rules. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { PLAIN_ROUTES, type PlainRoute } from '../../router/src/passthrough/routes.ts';
import { ROOT } from './nginx.ts';

const SEGMENT = String.raw`[\w.~-]+`;

/** What is routed beside the table: the router's own, the edge's health, and where requests go on inside. */
const OWN_LOCATIONS = ['= /graphql', `~ ^/graphiql/assets/(?<segment_file>${SEGMENT})$`, '/'];
const INTERNAL_LOCATIONS = [
  '= /_socket',
  `~ ^/_session/artifacts/(?<segment_id>${SEGMENT})$`,
  '= /_session-check/design:read',
  '= /_session-check/design:run',
];

const configuration = readFileSync(join(ROOT, 'nginx.conf'), 'utf8');
const [, plainServer = '', tlsServer = ''] = configuration.split(/^ {2}server \{$/m);
const locations = new Map(
  [...tlsServer.matchAll(/^ {4}location (.+?) \{\n(.*?)^ {4}\}/gms)].map(([, match = '', body = '']) => [
    match,
    body,
  ]),
);

function locationOf({ path }: PlainRoute): string {
  if (!path.includes(':')) return `= ${path}`;
  const pattern = path.replaceAll('.', String.raw`\.`).replaceAll(/:(\w+)/g, `(?<segment_$1>${SEGMENT})`);
  return `~ ^${pattern}$`;
}

test('the locations are those of the table and the few beside it', () => {
  const expected = [...OWN_LOCATIONS, ...INTERNAL_LOCATIONS, ...PLAIN_ROUTES.map(locationOf)];

  expect([...locations.keys()].toSorted()).toEqual(expected.toSorted());
});

describe.each(PLAIN_ROUTES)('$method $path', (route) => {
  const body = locations.get(locationOf(route)) ?? '';

  test('goes to its service, under the path that was matched', () => {
    const path = route.path.replaceAll(/:(\w+)/g, '$segment_$1');
    const target = /proxy_pass http:\/\/(\S+?)(?:\$is_args\$args)?;/.exec(body)?.[1];

    expect(target).toBe(`${route.service}${path}`);
  });

  test('knows its method only', () => {
    const check =
      route.method === 'GET'
        ? 'include edge/snippets/reads-only.conf;'
        : `if ($request_method != ${route.method}) {`;

    expect(body).toContain(check);
  });

  test('is buffered unless it streams', () => {
    expect(body.includes('proxy_buffering off;')).toBe(route.streaming);
  });

  test('takes what its kind of caller brings', () => {
    const session = locations.get(locationOf(route).replace('^/', '^/_session/'));

    expect({
      passesHeaders: body.includes('proxy_pass_request_headers on;'),
      dropsIdentity: body.includes('include edge/snippets/no-identity-headers.conf;'),
      goesToSession: body.includes('rewrite ^ /_session$uri last;'),
      asksAuth: session?.includes('auth_request ') ?? false,
    }).toEqual({
      passesHeaders: route.auth === 'hook',
      dropsIdentity: route.auth === 'hook',
      goesToSession: route.auth === 'link-or-session',
      asksAuth: route.auth === 'link-or-session' || route.auth === 'session',
    });
  });
});

test('every public location begins with the guard, every other one is internal', () => {
  for (const [match, body] of locations) {
    const first = body.trim().split('\n')[0];
    const isInternal = INTERNAL_LOCATIONS.includes(match);

    expect(first, match).toBe(isInternal ? 'internal;' : 'include edge/snippets/guard.conf;');
  }
});

// A location with a header of its own would answer without all the others.
test('no location adds a header of its own', () => {
  for (const [match, body] of locations) expect(body, match).not.toContain('add_header');
  expect(plainServer).not.toContain('add_header');
});

// A proxied location that sets a header loses those of the levels above.
test('every location that sets a header for a service sets the common ones too', () => {
  for (const [match, body] of locations) {
    if (!body.includes('proxy_set_header') && !body.includes('-headers.conf')) continue;

    expect(body, match).toContain('include edge/snippets/request-headers.conf;');
  }
});

test('every file that is included is shipped, and every shipped file is included', () => {
  const folder = join(ROOT, 'deploy/nginx');
  const shipped = ['snippets', 'site'].flatMap((name) =>
    readdirSync(join(folder, name)).map((file) => `edge/${name}/${file}`),
  );
  const included = [...configuration.matchAll(/include (edge\/\S+);/g)].map(([, file]) => String(file));

  expect([...new Set(included)].toSorted()).toEqual(shipped.toSorted());
});

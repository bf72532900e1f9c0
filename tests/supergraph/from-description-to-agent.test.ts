/** The whole story of the product, as a client lives it: a description in English becomes a published agent. */
import { createHash } from 'node:crypto';
import { unzipSync } from 'fflate';
import { expect, test } from 'vitest';
import { validateXML } from 'xmllint-wasm';
import { untilKnown } from '../testkit/known-agents.ts';
import { sharedPlatform } from '../testkit/shared-platform.ts';
import type { TestTenant } from '../testkit/tenant.ts';
import {
  DESCRIPTION,
  createAgent,
  eventsOf,
  follow,
  startDesign,
  waitForState,
  type CreatedAgent,
} from './designs.ts';

const platform = sharedPlatform();

interface Span {
  readonly start: number;
  readonly end: number;
}
interface Artifact {
  readonly name: string;
  readonly mediaType: string;
  readonly size: number;
  readonly sha256: string;
  readonly url: string;
}
interface Design {
  readonly state: string;
  readonly processModel: {
    readonly actors: { name: string; span: Span; mentions: Span[] }[];
    readonly activities: { id: string; verb: string; span: Span; actorId: string | null }[];
    readonly systems: { name: string; span: Span; integrationKind: string | null }[];
  };
  readonly definition: { instructions: string; tools: { name: string }[]; guardrails: { kind: string }[] };
  readonly artifacts: Artifact[];
}

const SESSION = `query($id: ID!) { designSession(id: $id) { state
  processModel { actors { name span { start end } mentions { start end } }
    activities { id verb span { start end } actorId } systems { name span { start end } integrationKind } }
  definition { instructions tools { name } guardrails { kind } }
  artifacts { name mediaType size sha256 url } } }`;

const ACCEPT = `mutation Accept($input: AcceptDesignInput!) { acceptDesign(input: $input) {
  session { state acceptedAt agent { id } }
  agent { id slug name status owner { id } createdBy { id } revision publishedVersion { number }
    draft { number parentNumber author { kind name user { id } } definition { instructions tools { name } guardrails { kind } } } }
  errors { code message path } } }`;

interface AcceptedAgent extends CreatedAgent {
  readonly status: string;
  readonly owner: { id: string } | null;
  readonly createdBy: { id: string } | null;
  readonly publishedVersion: { number: number } | null;
  readonly draft: {
    readonly number: number;
    readonly parentNumber: number | null;
    readonly author: { kind: string; name: string; user: { id: string } | null };
    readonly definition: Design['definition'];
  };
}
interface Accepted {
  readonly session: { state: string; acceptedAt: string | null; agent: { id: string } | null } | null;
  readonly agent: AcceptedAgent | null;
  readonly errors: readonly unknown[];
}

async function accept(tenant: TestTenant, input: Readonly<Record<string, unknown>>): Promise<Accepted> {
  return (await tenant.get<{ acceptDesign: Accepted }>(ACCEPT, { input })).acceptDesign;
}

async function finishDesign(tenant: TestTenant, input: Parameters<typeof startDesign>[1] = {}) {
  const id = await startDesign(tenant, input);
  await using following = follow(id, { token: tenant.users.EDITOR.accessToken });
  await following.ended;
  const { designSession } = await tenant.get<{ designSession: Design }>(SESSION, { id });
  return { id, events: eventsOf(following), design: designSession };
}

/** The link is under the public address of the platform, which is the router here. */
async function download({ url }: Artifact): Promise<Uint8Array<ArrayBuffer>> {
  const { pathname, search } = new URL(url);
  const response = await fetch(`${platform.routerUrl}${pathname}${search}`);
  if (response.status !== 200) throw new Error(`${pathname} answered ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

const textOf = ({ start, end }: Span): string => DESCRIPTION.slice(start, end);

test('a description becomes a process model, code, an ArchiMate model and a published agent', async () => {
  const tenant = await platform.createTenant();
  const editor = tenant.users.EDITOR;

  const { id, events, design } = await finishDesign(tenant);

  expect(events.at(-1)).toMatchObject({ state: 'SUCCEEDED', percent: 100, session: { agent: null } });
  expect(design.state).toBe('SUCCEEDED');
  const { actors, activities, systems } = design.processModel;
  expect(actors.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['customer', 'claims clerk', 'accounting department']),
  );
  expect(actors.map(({ span }) => textOf(span))).toEqual(actors.map(({ name }) => name));
  expect(actors.flatMap(({ mentions }) => mentions.map(textOf))).toContain('clerk');
  expect(activities.map(({ span }) => textOf(span))).toEqual(
    expect.arrayContaining(['records', 'checks', 'approves', 'rejects', 'pays']),
  );
  expect(systems.map(({ name, span, integrationKind }) => [name, textOf(span), integrationKind])).toEqual([
    ['Jira', 'Jira', 'JIRA'],
  ]);
  await expectFiles(design.artifacts);

  const accepted = await accept(tenant, { sessionId: id, name: 'Claims', slug: 'claims' });

  expect(accepted.errors).toEqual([]);
  expect(accepted.session).toMatchObject({ state: 'SUCCEEDED', agent: { id: accepted.agent?.id } });
  expect(accepted.agent).toMatchObject({
    slug: 'claims',
    name: 'Claims',
    status: 'DRAFT',
    owner: { id: editor.id },
    createdBy: { id: editor.id },
    publishedVersion: null,
    draft: {
      number: 1,
      parentNumber: null,
      author: { kind: 'DESIGN_JOB', name: 'Claims', user: { id: editor.id } },
      definition: design.definition,
    },
  });
  expect(
    await tenant.get(
      `mutation($id: ID!) { publishAgent(input: { id: $id }) {
        agent { status publishedVersion { number } environments { name publishedBy { kind user { id } } } } errors { code } } }`,
      { id: accepted.agent?.id },
    ),
  ).toEqual({
    publishAgent: {
      agent: {
        status: 'PUBLISHED',
        publishedVersion: { number: 1 },
        environments: [{ name: 'prod', publishedBy: { kind: 'USER', user: { id: editor.id } } }],
      },
      errors: [],
    },
  });
});

async function expectFiles(artifacts: readonly Artifact[]): Promise<void> {
  expect(artifacts.map(({ mediaType }) => mediaType).toSorted()).toEqual([
    'application/json',
    'application/xml',
    'application/zip',
  ]);
  const files = await Promise.all(artifacts.map(download));
  const sums = files.map((bytes) => createHash('sha256').update(bytes).digest('hex'));
  expect(sums).toEqual(artifacts.map(({ sha256 }) => sha256));
  expect(files.map(({ byteLength }) => byteLength)).toEqual(artifacts.map(({ size }) => size));
  const fileOf = (mediaType: string): Uint8Array<ArrayBuffer> =>
    files[artifacts.findIndex((artifact) => artifact.mediaType === mediaType)] ?? new Uint8Array();
  const zip = unzipSync(fileOf('application/zip'));
  expect(Object.keys(zip).some((name) => name.endsWith('package.json'))).toBe(true);
  expect(Object.keys(zip).some((name) => name.endsWith('.ts'))).toBe(true);
  const xml = Buffer.from(fileOf('application/xml')).toString();
  const { errors } = await validateXML({ xml: [{ fileName: 'model.xml', contents: xml }], schema: [] });
  expect(errors).toEqual([]);
  expect(xml).toContain('http://www.opengroup.org/xsd/archimate/3.0/');
  expect(JSON.parse(Buffer.from(fileOf('application/json')).toString())).toBeTypeOf('object');
}

test('a design that is accepted twice, also at the same time, makes one agent', async () => {
  const tenant = await platform.createTenant();
  const { id } = await finishDesign(tenant);

  const together = await Promise.all([
    accept(tenant, { sessionId: id, name: 'Claims' }),
    accept(tenant, { sessionId: id, name: 'Claims' }),
  ]);
  const later = await accept(tenant, { sessionId: id });

  const [first] = together;
  expect(together.map(({ agent }) => agent?.id)).toEqual([first?.agent?.id, first?.agent?.id]);
  expect(later.agent).toEqual(first?.agent);
  expect(await tenant.get('{ agents { totalCount edges { node { id } } } }')).toEqual({
    agents: { totalCount: 1, edges: [{ node: { id: first?.agent?.id } }] },
  });
});

test('a redesign becomes the second version of its agent, which keeps name and slug', async () => {
  const tenant = await platform.createTenant();
  const agent = await createAgent(tenant, 'Claims handler');
  const { id, events } = await finishDesign(tenant, { agentId: agent.id });

  const accepted = await accept(tenant, { sessionId: id, name: 'Other name', slug: 'other-slug' });
  const again = await accept(tenant, { sessionId: id });

  expect(events.every(({ session }) => session.agent?.id === agent.id)).toBe(true);
  expect(accepted.errors).toEqual([]);
  expect(accepted.agent).toMatchObject({
    id: agent.id,
    name: 'Claims handler',
    slug: agent.slug,
    draft: { number: 2, parentNumber: 1, author: { kind: 'DESIGN_JOB' } },
  });
  expect(again.agent).toEqual(accepted.agent);
});

test('a design of a company with agents and integrations takes both into account', async () => {
  const tenant = await platform.createTenant();
  await untilKnown(platform.database, await createAgent(tenant, 'Fraud check'));
  const created = await tenant.ask(
    'OWNER',
    `mutation($credential: JSON!) { createIntegration(input: { kind: JIRA, name: "Tickets", baseUrl: "https://jira.example.com", credential: $credential }) { integration { id } errors { code } } }`,
    { credential: { email: 'a@example.com', apiToken: 'token-of-the-test' } },
  );
  expect(created.errors).toEqual([]);

  const { events, id } = await finishDesign(tenant);

  const { designSession } = await tenant.get<{ designSession: { events: { message: string }[] } }>(
    'query($id: ID!) { designSession(id: $id) { events { message } } }',
    { id },
  );
  expect(events.at(-1)?.state).toBe('SUCCEEDED');
  expect(designSession.events.map(({ message }) => message)).toContain(
    '1 agent of the tenant read; connected: JIRA.',
  );
});

test('a session that is not finished cannot be accepted', async () => {
  const tenant = await platform.createTenant();
  const id = await startDesign(tenant, { reviewProcess: true });
  await waitForState(tenant, id, 'AWAITING_REVIEW');

  const answer = await tenant.ask('EDITOR', ACCEPT, { input: { sessionId: id } });

  expect(answer.errors.map(({ extensions }) => extensions.code)).toEqual(['CONFLICT']);
  expect(answer.data).toEqual({ acceptDesign: null });
});

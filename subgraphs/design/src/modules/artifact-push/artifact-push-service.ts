/** Proposes the code of a design to a repository, through the integrations subgraph and in the name of the session. */
import { createHash } from 'node:crypto';
import { requirePermission, type ServiceRequest, type TenantViewer } from '@flowgrid/access';
import { InvalidInput, invalidInput, invariant, isId, notFound, type Clock } from '@flowgrid/platform';
import type { Grants } from '../../adapters/grants.ts';
import type { OpenedPullRequest, PullRequestClient } from '../../adapters/pull-request-client.ts';
import type { DesignDatabase, Tx } from '../../database.ts';
import type { ArtifactFile } from '../artifact/artifact.ts';
import { findArtifactFile } from '../artifact/artifact-store.ts';
import { nameAgents } from '../code/bundle-agent.ts';
import type { BundleFile } from '../code/bundle.ts';
import { jobIdFor } from '../job/job-identity.ts';
import { lockSession } from '../progress/event-store.ts';
import { findRevision } from '../revision/revision-store.ts';
import { recordChange } from '../session/record-change.ts';
import { findSessions } from '../session/session-store.ts';
import type { DesignSession } from '../session/session.ts';
import { filesBelow, filesOf, placeFiles } from './push-files.ts';
import { parsePush, type PushArtifact, type PushInput } from './push-input.ts';
import { toRefusal } from './push-refusal.ts';

export interface ArtifactPushOptions {
  readonly database: DesignDatabase;
  readonly pullRequests: PullRequestClient;
  readonly grants: Grants;
  readonly clock: Clock;
  /** Gives calls up at the end of the process. */
  readonly signal: AbortSignal;
}

export interface PushedArtifact extends OpenedPullRequest {
  readonly branch: string;
  readonly fileCount: number;
}

interface Push {
  readonly session: DesignSession;
  readonly artifact: ArtifactFile;
  /** For branch and folder: the agent, or the bundle. */
  readonly name: string;
  readonly files: readonly BundleFile[];
}

/** Of a digest, in the name of a branch: different code has another branch. */
const DIGEST_LENGTH = 12;

export type ArtifactPushService = ReturnType<typeof createArtifactPushService>;

export function createArtifactPushService(options: ArtifactPushOptions) {
  return {
    /** @throws InvalidInput with what integrations says about the repository; `CONFLICT` with what GitHub says. */
    push: async (request: ServiceRequest, rawInput: PushArtifact): Promise<PushedArtifact> => {
      requirePermission(request.viewer, 'integration:use');
      const viewer = requirePermission(request.viewer, 'design:run');
      const input = parsePush(rawInput);
      const push = await readPush(options, viewer, input);
      const directory = input.directory ?? `agents/${push.name}`;
      const files = placeFiles(push.files, directory);
      const branch = input.branch ?? `flowgrid/${push.name}-${digestOf(files)}`;
      const opened = await open(options, viewer, { input, push, branch, files });
      await record(options, { viewer, requestId: request.requestId }, { input, push, branch, opened });
      return { ...opened, branch, fileCount: files.length };
    },
  };
}

async function readPush(
  { database }: ArtifactPushOptions,
  { tenantId }: TenantViewer,
  { artifact: choice, agent }: PushInput,
): Promise<Push> {
  const id = 'id' in choice ? choice.id : choice.sessionId;
  const what = 'id' in choice ? 'Artifact' : 'Design session';
  if (!isId(id)) throw notFound(what);
  return database.inTenant(tenantId, async (tx) => {
    const artifact = await findArtifactFile(tx, tenantId, choice);
    if (artifact === null) throw await toAbsence(tx, tenantId, choice);
    const session = (await findSessions(tx, tenantId, [artifact.sessionId])).get(artifact.sessionId);
    invariant(session, 'an artifact has a session');
    const files = filesOf(artifact);
    const name = artifact.name.replace(/\.\w+$/, '');
    if (agent === null) return { session, artifact, name, files };
    const folder = await findFolder(tx, { tenantId, session, artifact, agent });
    return {
      session,
      artifact,
      name: folder ?? name,
      files: folder === null ? files : filesBelow(files, folder),
    };
  });
}

/** A session without code is there, and says so. */
async function toAbsence(tx: Tx, tenantId: string, choice: PushInput['artifact']): Promise<Error> {
  if ('id' in choice) return notFound('Artifact');
  const sessions = await findSessions(tx, tenantId, [choice.sessionId]);
  if (!sessions.has(choice.sessionId.toLowerCase())) return notFound('Design session');
  return invalidInput('INVALID', 'The session has no code yet.', ['sessionId']);
}

/** The folder of an agent in the bundle; null for the only one, whose project is the bundle. */
async function findFolder(
  tx: Tx,
  {
    tenantId,
    session,
    artifact,
    agent,
  }: {
    readonly tenantId: string;
    readonly session: DesignSession;
    readonly artifact: ArtifactFile;
    readonly agent: string;
  },
): Promise<string | null> {
  const { sessionId, revision: number, kind } = artifact;
  const revision = await findRevision(tx, { tenantId, sessionId, number });
  const agents = nameAgents(session.target, revision?.proposal?.agents ?? []);
  const named = agents.find((candidate) => candidate.agent.key === agent);
  if (kind !== 'BUNDLE' || named === undefined) {
    throw invalidInput('INVALID', 'No agent of this bundle has this key.', ['agent']);
  }
  return agents.length === 1 ? null : named.folder;
}

/** The same files have the same branch, whenever they are pushed. */
function digestOf(files: readonly BundleFile[]): string {
  const hash = createHash('sha256');
  for (const { path, content } of files) hash.update(JSON.stringify([path, content]));
  return hash.digest('hex').slice(0, DIGEST_LENGTH);
}

interface Placed {
  readonly input: PushInput;
  readonly push: Push;
  readonly branch: string;
  readonly files: readonly BundleFile[];
}

async function open(
  { grants, pullRequests, signal }: ArtifactPushOptions,
  viewer: TenantViewer,
  { input, push, branch, files }: Placed,
): Promise<OpenedPullRequest> {
  const { session } = push;
  const { integrationId, repository, baseBranch } = input;
  try {
    const grant = {
      contextToken: viewer.contextToken,
      audience: 'integrations',
      permissions: ['integration:use'],
      job: { id: jobIdFor(session, viewer.actor.id), name: session.title },
    } as const;
    const token = await grants.request(grant, signal);
    const { title, body } = describe(push);
    const { pullRequest, errors } = await pullRequests.open(
      { integrationId, repository, baseBranch, branch, title, body, files },
      { token, signal },
    );
    if (pullRequest !== null) return pullRequest;
    throw new InvalidInput(errors.map((error) => ({ ...error, path: toOwnPath(error.path, input) })));
  } catch (error) {
    throw toRefusal(error);
  }
}

/** Title and text are this service's own: what is wrong with the files is said of what was chosen. */
function toOwnPath(path: readonly string[], { artifact }: PushInput): readonly string[] {
  const [first = ''] = path;
  if (['integrationId', 'repository', 'baseBranch', 'branch'].includes(first)) return path;
  return ['id' in artifact ? 'artifactId' : 'sessionId'];
}

function describe({ session, artifact, name }: Push): { readonly title: string; readonly body: string } {
  const lines = [
    `Code of the design “${oneLine(session.title)}”, revision ${artifact.revision}.`,
    '',
    `- Design session: \`${session.id}\``,
    `- Bundle: \`${artifact.name}\`, SHA-256 \`${artifact.sha256}\``,
    '',
    'Review it as any change: it was generated from a description.',
  ];
  return { title: `Add ${name} as it was designed`, body: lines.join('\n') };
}

function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\s]+/gu, ' ').trim();
}

async function record(
  { database, clock }: ArtifactPushOptions,
  by: { readonly viewer: TenantViewer; readonly requestId: string },
  { input, push, branch, opened }: Omit<Placed, 'files'> & { readonly opened: OpenedPullRequest },
): Promise<void> {
  const { tenantId } = by.viewer;
  const { integrationId, repository } = input;
  const { id: artifactId, revision } = push.artifact;
  const pushed = { artifactId, revision, integrationId, repository, branch, ...opened };
  await database.inTenant(tenantId, async (tx) => {
    const session = (await lockSession(tx, tenantId, push.session.id)) ?? push.session;
    await recordChange(
      tx,
      { ...by, clock },
      {
        type: 'design_session.pushed',
        session,
        changes: pushed,
        toData: (snapshot) => ({ session: snapshot, ...pushed }),
      },
    );
  });
}

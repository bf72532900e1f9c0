/** Proposes files to repositories of connected systems. */
import { requirePermission, type ServiceRequest, type TenantViewer } from '@flowgrid/access';
import { currentScope, invalidInput, notFound, type Clock } from '@flowgrid/platform';
import type { PullRequestDraft } from '../../adapters/connector.ts';
import type { OpenedPullRequest } from '../../adapters/github/github-pull-requests.ts';
import type { IntegrationsDatabase } from '../../database.ts';
import { orConflict, type Connections } from '../connection/connections.ts';
import { findIntegrationForUpdate } from '../integration/integration-store.ts';
import { recordChange } from '../integration/record-change.ts';
import { parsePullRequest, type CreatePullRequest } from './pull-request-input.ts';

export interface PullRequestServiceOptions {
  readonly database: IntegrationsDatabase;
  readonly connections: Connections;
  readonly clock: Clock;
  /** For all requests of one pull request together. */
  readonly deadlineMs?: number;
}

const DEADLINE_MS = 25_000;
/** Of the request's own time: an answer too late would pass for a service that hangs. */
const ANSWER_MS = 500;

export class PullRequestService {
  readonly #options: PullRequestServiceOptions;

  constructor(options: PullRequestServiceOptions) {
    this.#options = options;
  }

  /** Whoever got no answer may ask again: the branch is found, and the pull request that is open. */
  async create(request: ServiceRequest, input: CreatePullRequest): Promise<OpenedPullRequest> {
    const viewer = requirePermission(request.viewer, 'integration:use');
    const { integrationId, ...draft } = parsePullRequest(input);
    const opened = await this.#open(viewer, { integrationId, draft });
    await this.#record({ viewer, requestId: request.requestId }, { integrationId, draft, opened });
    return opened;
  }

  async #open(
    { tenantId }: TenantViewer,
    { integrationId, draft }: { readonly integrationId: string; readonly draft: PullRequestDraft },
  ): Promise<OpenedPullRequest> {
    const { connections, deadlineMs } = this.#options;
    const leftMs = (currentScope()?.deadline?.leftMs() ?? Infinity) - ANSWER_MS;
    const signal = AbortSignal.timeout(Math.max(0, Math.min(deadlineMs ?? DEADLINE_MS, leftMs)));
    const opening = connections.use({ tenantId, integrationId }, ({ connector, connection }) => {
      const { pullRequests } = connector;
      if (!pullRequests) {
        throw invalidInput('INVALID', 'This system has no pull requests.', ['integrationId']);
      }
      return pullRequests.open(connection, draft, signal);
    });
    const opened = await orConflict(opening);
    if (opened === null) throw notFound('Integration');
    return opened;
  }

  async #record(
    by: { readonly viewer: TenantViewer; readonly requestId: string },
    done: {
      readonly integrationId: string;
      readonly draft: PullRequestDraft;
      readonly opened: OpenedPullRequest;
    },
  ): Promise<void> {
    const { database, clock } = this.#options;
    const { tenantId } = by.viewer;
    const { repository, branch, files } = done.draft;
    const { url, number, isNew } = done.opened;
    const pullRequest = { repository, branch, url, number, isNew, fileCount: files.length };
    await database.inTenant(tenantId, async (tx) => {
      const integration = await findIntegrationForUpdate(tx, tenantId, done.integrationId);
      // Whoever removed it meanwhile has told so; the pull request stays.
      if (!integration) throw notFound('Integration');
      await recordChange(
        tx,
        { ...by, clock },
        {
          type: 'integration.pull_request_opened',
          integration,
          changes: pullRequest,
          toData: (snapshot) => ({ integration: snapshot, pullRequest }),
        },
      );
    });
  }
}

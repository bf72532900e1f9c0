/** What resolvers get: the services of the process, and who asks. */
import DataLoader from 'dataloader';
import type { ServiceRequest, Viewer } from '@flowgrid/access';
import type { RequestFacts } from '@flowgrid/platform';
import type { AcceptanceService } from './modules/acceptance/acceptance-service.ts';
import type { DesignedAgent } from './modules/acceptance/designed-agent-store.ts';
import type { ArchimateServices } from './modules/archimate/archimate-services.ts';
import type { ArchimateImport, ArchimateLink } from './modules/archimate/import/archimate-import.ts';
import type { AiUsageServices } from './modules/ai-usage/ai-usage-services.ts';
import type { ArtifactLinks } from './modules/artifact/artifact-link.ts';
import type { ArtifactService } from './modules/artifact/artifact-service.ts';
import type { Artifact } from './modules/artifact/artifact.ts';
import type { ArtifactPushService } from './modules/artifact-push/artifact-push-service.ts';
import { NO_USE, type Use } from './modules/ai-usage/ai-call-store.ts';
import type { AnalysisService } from './modules/process-model/analysis-service.ts';
import type { ModelKey, ProcessModelRevision } from './modules/process-model/process-model-store.ts';
import type { ProcessModel } from './modules/process-model/process-model.ts';
import type { ProgressFeed } from './modules/progress/progress-feed.ts';
import type { RevisionService } from './modules/revision/revision-service.ts';
import type { DesignRevision } from './modules/revision/revision.ts';
import type { SessionService } from './modules/session/session-service.ts';
import type { DesignSession } from './modules/session/session.ts';

export interface Services extends AiUsageServices {
  readonly sessions: SessionService;
  readonly revisions: RevisionService;
  readonly acceptance: AcceptanceService;
  readonly analysis: AnalysisService;
  readonly archimate: ArchimateServices;
  readonly artifacts: ArtifactService;
  readonly artifactPush: ArtifactPushService;
  readonly progress: ProgressFeed;
}

interface Loaders {
  readonly sessions: DataLoader<string, DesignSession | null>;
  /** The newest of each session. */
  readonly processModels: DataLoader<string, ProcessModel | null>;
  readonly modelRevisions: DataLoader<ModelKey, ProcessModel | null>;
  readonly modelHistories: DataLoader<string, readonly ProcessModelRevision[]>;
  readonly revisions: DataLoader<string, readonly DesignRevision[]>;
  readonly newestRevisions: DataLoader<string, DesignRevision | null>;
  /** The newest of each session that has a proposal. */
  readonly proposed: DataLoader<string, DesignRevision | null>;
  readonly designedAgents: DataLoader<string, readonly DesignedAgent[]>;
  readonly uses: DataLoader<string, Use>;
  readonly artifacts: DataLoader<string, readonly Artifact[]>;
  readonly archimateImports: DataLoader<string, ArchimateImport | null>;
  readonly archimateLinksOfModel: DataLoader<string, readonly ArchimateLink[]>;
  readonly archimateLinksOfAgent: DataLoader<string, readonly ArchimateLink[]>;
}

export interface Context {
  readonly request: ServiceRequest;
  readonly services: Services;
  readonly loaders: Loaders;
  readonly links: ArtifactLinks;
}

export function createContextFactory(
  services: Services,
  links: ArtifactLinks,
): (facts: RequestFacts<Viewer>) => Context {
  return ({ viewer, requestId }) => {
    const request = { viewer, requestId };
    return { request, services, links, loaders: createLoaders(services, request) };
  };
}

/** They batch and do not remember: one context serves a whole subscription, whose session changes from event to event. */
function createLoaders(
  { sessions, revisions, artifacts, archimate }: Services,
  request: ServiceRequest,
): Loaders {
  return {
    sessions: batched((ids) => sessions.findMany(request, ids), null),
    processModels: batched((ids) => revisions.findProcessModels(request, ids), null),
    modelRevisions: new DataLoader((keys) => revisions.findModels(request, keys), { cache: false }),
    modelHistories: batched((ids) => revisions.listModelRevisions(request, ids), []),
    revisions: batched((ids) => revisions.list(request, ids), []),
    newestRevisions: batched((ids) => revisions.findNewest(request, ids), null),
    proposed: batched((ids) => revisions.findProposed(request, ids), null),
    designedAgents: batched((ids) => revisions.findDesignedAgents(request, ids), []),
    uses: batched((ids) => revisions.findUses(request, ids), NO_USE),
    artifacts: batched((ids) => artifacts.listMany(request, ids), []),
    archimateImports: batched((ids) => archimate.imports.findMany(request, ids), null),
    archimateLinksOfModel: batched((ids) => archimate.imports.linksOfModels(request, ids), []),
    archimateLinksOfAgent: batched((ids) => archimate.imports.linksOfAgents(request, ids), []),
  };
}

function batched<Value, Absent>(
  load: (ids: readonly string[]) => Promise<ReadonlyMap<string, Value>>,
  absent: Absent,
): DataLoader<string, Value | Absent> {
  return new DataLoader(
    async (ids) => {
      const found = await load([...new Set(ids)]);
      return ids.map((id) => found.get(id) ?? absent);
    },
    { cache: false },
  );
}

/** Says which agents the elements of imported models stand for. */
import { requirePermission, type ServiceRequest } from '@flowgrid/access';
import { invalidInput, isId, notFound, type Clock } from '@flowgrid/platform';
import type { DesignDatabase } from '../../../database.ts';
import type { ArchimateImport } from './archimate-import.ts';
import * as store from './import-store.ts';
import { recordChange } from './record-change.ts';

export interface LinkServiceOptions {
  readonly database: DesignDatabase;
  readonly clock: Clock;
}

export interface LinkInput {
  readonly importId: string;
  readonly elementId: string;
  readonly agentId: string;
}

/** An agent as the graph of another service, and the import with its links. */
export interface Linked {
  readonly archimateImport: ArchimateImport;
  readonly agent: { readonly id: string };
}

export type LinkService = ReturnType<typeof createLinkService>;

/**
 * Links by id alone. Whether the agent exists is not asked: agents belong to another service. A link to an unknown id is
 * harmless: it shows nothing of any agent, lies within the caller's tenant, and is reached only through an agent that the
 * agents service resolves.
 */
export function createLinkService(options: LinkServiceOptions) {
  return {
    link: (request: ServiceRequest, input: LinkInput): Promise<Linked> =>
      changeLink(options, request, { input, type: 'archimate_model.linked' }),
    unlink: (request: ServiceRequest, input: LinkInput): Promise<Linked> =>
      changeLink(options, request, { input, type: 'archimate_model.unlinked' }),
  };
}

async function changeLink(
  { database, clock }: LinkServiceOptions,
  request: ServiceRequest,
  change: { readonly input: LinkInput; readonly type: 'archimate_model.linked' | 'archimate_model.unlinked' },
): Promise<Linked> {
  const viewer = requirePermission(request.viewer, 'design:run');
  const { tenantId } = viewer;
  const { importId, elementId } = change.input;
  if (!isId(importId)) throw notFound('ArchiMate import');
  if (!isId(change.input.agentId)) throw invalidInput('INVALID', 'An agent id is a UUID.', ['agentId']);
  if (elementId.includes('\0')) throw invalidInput('INVALID', 'There is no such element.', ['elementId']);
  const agentId = change.input.agentId.toLowerCase();
  return database.inTenant(tenantId, async (tx) => {
    const model = await store.lockImport(tx, tenantId, importId);
    if (model === null) throw notFound('ArchiMate import');
    const key = { tenantId, modelId: model.id, elementId, agentId };
    if (!(await store.hasElement(tx, key))) {
      throw invalidInput('NOT_FOUND', 'The import has no element with this identifier.', ['elementId']);
    }
    const isLink = change.type === 'archimate_model.linked';
    const isChanged = isLink ? await store.insertLink(tx, key, clock.now()) : await store.deleteLink(tx, key);
    if (isChanged) {
      await recordChange(
        tx,
        { viewer, requestId: request.requestId, clock },
        {
          type: change.type,
          model,
          changes: { elementId, agentId },
          toData: (snapshot) => ({ model: snapshot, elementId, agentId }),
        },
      );
    }
    return { archimateImport: model, agent: { id: agentId } };
  });
}

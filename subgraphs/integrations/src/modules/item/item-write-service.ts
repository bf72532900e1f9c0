/** Makes tickets and issues at connected systems, comments on them and moves them on; each is sent once. */
import { z } from 'zod';
import { requirePermission, type ServiceRequest } from '@flowgrid/access';
import {
  FlowgridError,
  invalidInput,
  isId,
  newId,
  notFound,
  parseInput,
  type Clock,
} from '@flowgrid/platform';
import type { Capability } from '../../adapters/connector.ts';
import type { ExternalComment, ExternalItem, ItemTransition } from '../../adapters/external-item.ts';
import type { IntegrationsDatabase } from '../../database.ts';
import type { ConnectionInUse } from '../connection/connections.ts';
import { unknownOutcome, type ExternalWrites } from '../external-write/external-writes.ts';
import { WriteWatch } from '../external-write/write-watch.ts';
import {
  MAX_KEY_LENGTH,
  commentSchema,
  createSchema,
  transitionSchema,
  type CommentOnExternalItem,
  type CreateExternalItem,
  type TransitionExternalItem,
} from './item-input.ts';
import type { ItemQuestions } from './item-questions.ts';
import { recordItemChange, toItemSnapshot } from './record-item-change.ts';

export interface ItemWriteServiceOptions {
  readonly database: IntegrationsDatabase;
  readonly questions: ItemQuestions;
  readonly writes: ExternalWrites;
  readonly clock: Clock;
}

const keptItem = z.object({
  key: z.string(),
  title: z.string(),
  body: z.string(),
  state: z.string(),
  type: z.string(),
  assignee: z.string().nullable(),
  url: z.string().nullable(),
  updatedAt: z.coerce.date().nullable(),
});
const keptComment = z.object({ id: z.string(), url: z.string().nullable() });

export class ItemWriteService {
  readonly #options: ItemWriteServiceOptions;

  constructor(options: ItemWriteServiceOptions) {
    this.#options = options;
  }

  async create(request: ServiceRequest, input: CreateExternalItem): Promise<ExternalItem> {
    const viewer = requirePermission(request.viewer, 'integration:use');
    const { clock, questions, writes } = this.#options;
    const { tenantId } = viewer;
    const { id, integrationId: given, container, type = null, title, body } = parseInput(createSchema, input);
    const integrationId = requireIntegrationId(given);
    const draft = { container, type, title, body };
    return writes.once(
      { tenantId, id: id ?? newId(), integrationId, kind: 'CREATE', input: draft },
      {
        schema: keptItem,
        send: async (watch) => {
          const made = await questions.ask({ tenantId, integrationId }, (opened, signal) => {
            requireCapability(opened, 'CREATE_ITEMS');
            return opened.connector.createItem(watch.over(opened.connection), draft, signal);
          });
          if (made === null) throw notFound('Integration');
          return made;
        },
        onDone: (tx, item) =>
          recordItemChange(
            tx,
            { viewer, requestId: request.requestId, clock },
            {
              type: 'external.item.created',
              integrationId,
              key: item.key,
              changes: { container },
              data: { integrationId, item: toItemSnapshot(item) },
            },
          ),
      },
    );
  }

  async comment(request: ServiceRequest, input: CommentOnExternalItem): Promise<ExternalComment> {
    const viewer = requirePermission(request.viewer, 'integration:use');
    const { clock, questions, writes } = this.#options;
    const { tenantId } = viewer;
    const { id, integrationId: given, key, body } = parseInput(commentSchema, input);
    const integrationId = requireIntegrationId(given);
    return writes.once(
      { tenantId, id: id ?? newId(), integrationId, kind: 'COMMENT', input: { key, body } },
      {
        schema: keptComment,
        send: async (watch) => {
          const made = await questions.ask({ tenantId, integrationId }, (opened, signal) => {
            requireCapability(opened, 'COMMENT');
            return opened.connector.addComment(watch.over(opened.connection), { key, body }, signal);
          });
          if (made === null) throw noSuchItem();
          return made;
        },
        onDone: (tx, comment) =>
          recordItemChange(
            tx,
            { viewer, requestId: request.requestId, clock },
            {
              type: 'external.item.commented',
              integrationId,
              key,
              changes: { commentId: comment.id },
              data: { integrationId, key, comment },
            },
          ),
      },
    );
  }

  /** Not recorded as sent once: a step that was taken is not offered a second time. */
  async transition(request: ServiceRequest, input: TransitionExternalItem): Promise<ExternalItem> {
    const viewer = requirePermission(request.viewer, 'integration:use');
    const { clock, database } = this.#options;
    const { tenantId } = viewer;
    const { integrationId: given, key, transitionId } = parseInput(transitionSchema, input);
    const integrationId = requireIntegrationId(given);
    const item = await this.#takeStep({ tenantId, integrationId }, { key, transitionId });
    const by = { viewer, requestId: request.requestId, clock };
    await database.inTenant(tenantId, (tx) =>
      recordItemChange(tx, by, {
        type: 'external.item.transitioned',
        integrationId,
        key: item.key,
        changes: { transitionId, state: item.state },
        data: { integrationId, transitionId, item: toItemSnapshot(item) },
      }),
    );
    return item;
  }

  /** Null for an integration that the tenant does not have, and for a key that nothing has. */
  async listTransitions(
    request: ServiceRequest,
    integrationId: string,
    key: string,
  ): Promise<readonly ItemTransition[] | null> {
    const { tenantId } = requirePermission(request.viewer, 'integration:use');
    if (key.length > MAX_KEY_LENGTH) return null;
    return this.#options.questions.ask({ tenantId, integrationId }, ({ connector, connection }, signal) =>
      connector.listTransitions(connection, key, signal),
    );
  }

  async #takeStep(
    whose: { readonly tenantId: string; readonly integrationId: string },
    step: { readonly key: string; readonly transitionId: string },
  ): Promise<ExternalItem> {
    const watch = new WriteWatch();
    try {
      const moved = await this.#options.questions.ask(whose, async (opened, signal) => {
        requireCapability(opened, 'TRANSITION');
        return { item: await opened.connector.transitionItem(watch.over(opened.connection), step, signal) };
      });
      if (moved === null) throw notFound('Integration');
      if (moved.item === null) throw noSuchItem();
      return moved.item;
    } catch (error) {
      throw watch.outcome === 'NOT_DONE' ? error : unknownOutcome(error);
    }
  }
}

function requireIntegrationId(given: string): string {
  if (!isId(given)) throw notFound('Integration');
  return given.toLowerCase();
}

function requireCapability({ connector }: ConnectionInUse, capability: Capability): void {
  if (connector.capabilities.includes(capability)) return;
  throw new FlowgridError('CONFLICT', 'This kind of system cannot do this from here.');
}

function noSuchItem(): Error {
  return invalidInput('INVALID', 'Nothing has this key, or the credential may not see it.', ['key']);
}

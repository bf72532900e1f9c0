/** What connected systems can do, in the words of all of them. Each implements one `Connector`; a contract suite runs over all. */
import type { Connection } from './connection.ts';
import type { HookVerification } from './hooks/hook-dialect.ts';
import type {
  ExternalComment,
  ExternalItem,
  ItemDraft,
  ItemPage,
  ItemQuery,
  ItemTransition,
  SyncPage,
  SyncQuery,
} from './external-item.ts';

/** What may be offered for a connection; `Connector.capabilities` says what its kind of system can ever do. */
export const CAPABILITIES = [
  'READ_ITEMS',
  'CREATE_ITEMS',
  'COMMENT',
  'TRANSITION',
  'SYNC',
  'WEBHOOKS',
  'PULL_REQUESTS',
] as const;
export type Capability = (typeof CAPABILITIES)[number];

export const CAPABILITY_STATUSES = ['AVAILABLE', 'MISSING', 'UNKNOWN'] as const;

/** What the granted rights allow. */
export interface CapabilityCheck {
  readonly capability: Capability;
  /** `UNKNOWN` where the other system does not tell before it is tried. */
  readonly status: (typeof CAPABILITY_STATUSES)[number];
  /** For the tenant, whole sentences that say what to grant, in the other system's own words for it; null when nothing is missing. */
  readonly missing: string | null;
}

/** Whom the other system takes the caller for, and what it lets them do. */
export interface ConnectionCheck {
  readonly login: string;
  /** Scopes or roles, where the other system tells them. */
  readonly permissions: readonly string[];
  /** One for each of the connector's capabilities. */
  readonly capabilities: readonly CapabilityCheck[];
}

/**
 * All methods throw ConnectorError or OutboundError, whose messages are for the tenant and repeat nothing that the other
 * system sent. None of them waits for long by itself: limits are the connection's business.
 */
export interface Connector {
  readonly capabilities: readonly Capability[];
  check(connection: Connection, signal: AbortSignal): Promise<ConnectionCheck>;
  /** The last changed first. */
  listItems(connection: Connection, query: ItemQuery, signal: AbortSignal): Promise<ItemPage>;
  /** Null for a key that cannot be one, that nothing has, or that the credential does not show. */
  findItem(connection: Connection, key: string, signal: AbortSignal): Promise<ExternalItem | null>;
  /** Sent once: whoever gets no answer does not know whether it was made. */
  createItem(connection: Connection, draft: ItemDraft, signal: AbortSignal): Promise<ExternalItem>;
  /** Sent once, as `createItem`. Null for an item that is not there. */
  addComment(
    connection: Connection,
    comment: { readonly key: string; readonly body: string },
    signal: AbortSignal,
  ): Promise<ExternalComment | null>;
  /** What may be done with the item now; null for an item that is not there. */
  listTransitions(
    connection: Connection,
    key: string,
    signal: AbortSignal,
  ): Promise<readonly ItemTransition[] | null>;
  /** The item after it; null for an item that is not there. Doing it twice is an error of the other system or nothing. */
  transitionItem(
    connection: Connection,
    transition: { readonly key: string; readonly transitionId: string },
    signal: AbortSignal,
  ): Promise<ExternalItem | null>;
  /** The least recently changed first, from a cursor on: nothing is passed over, and something may come twice. */
  syncItems(connection: Connection, query: SyncQuery, signal: AbortSignal): Promise<SyncPage>;
  /** Absent where the API cannot register webhooks: then a person does it there. */
  readonly webhooks?: WebhookRegistrar;
  readonly pullRequests?: PullRequests;
}

/** Webhooks of the other system that lead to an inbound hook of ours. */
export interface WebhookRegistrar {
  /** How messages of what is registered over this connection are signed: a hook that checks another signature refuses them. */
  signing(connection: Connection, signal: AbortSignal): Promise<HookVerification>;
  register(
    connection: Connection,
    wanted: {
      readonly url: string;
      readonly secret: string;
      /** Repository, project or table that it is about; null for everything that the other system allows. */
      readonly scope: string | null;
    },
    signal: AbortSignal,
  ): Promise<WebhookRegistration>;
  /** Makes it last longer, where it would end. */
  refresh(
    connection: Connection,
    registration: WebhookRegistration,
    signal: AbortSignal,
  ): Promise<WebhookRegistration>;
  /** One that is gone already is no error. */
  remove(connection: Connection, registration: WebhookRegistration, signal: AbortSignal): Promise<void>;
  /**
   * Has messages that did not arrive sent again, a bounded number of them; absent where the other system does that by itself.
   * Returns how many.
   */
  redeliver?(connection: Connection, registration: WebhookRegistration, signal: AbortSignal): Promise<number>;
}

export interface WebhookRegistration {
  /** As the other system names it. */
  readonly id: string;
  readonly scope: string | null;
  /** Null when it does not end by itself. */
  readonly expiresAt: Date | null;
}

export interface PullRequests {
  /** Opens a pull request with the files as one commit; when there is an open one of the same branch, that one with the files on top. */
  open(
    connection: Connection,
    request: PullRequestDraft,
    signal: AbortSignal,
  ): Promise<{ readonly url: string; readonly number: number; readonly isNew: boolean }>;
}

export interface PullRequestDraft {
  /** `owner/repository`. */
  readonly repository: string;
  /** Null for the default branch. */
  readonly baseBranch: string | null;
  readonly branch: string;
  readonly title: string;
  readonly body: string;
  readonly files: readonly { readonly path: string; readonly content: string }[];
  /** True to let files be put where the other system runs them; they are refused otherwise. */
  readonly mayChangeWorkflows?: boolean;
}

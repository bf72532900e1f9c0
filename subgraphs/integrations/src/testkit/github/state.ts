/** What a fake GitHub has: whatever is made is there afterwards. */
import { generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto';
import { GitStore } from './git-store.ts';

export interface Comment {
  readonly id: number;
  readonly body: string;
  readonly login: string;
  readonly at: Date;
}

export interface Issue {
  readonly id: number;
  readonly number: number;
  readonly isPull: boolean;
  readonly createdAt: Date;
  readonly comments: Comment[];
  title: string;
  body: string | null;
  state: 'open' | 'closed';
  stateReason: string | null;
  type: string | null;
  assignee: string | null;
  updatedAt: Date;
  isDeleted: boolean;
  isLocked: boolean;
}

export interface Hook {
  readonly id: number;
  config: Record<string, unknown>;
  events: readonly string[];
  active: boolean;
  pings: number;
  /** The last first. */
  readonly deliveries: Delivery[];
}

/** One try to deliver an event; those of one event share their `guid`. */
export interface Delivery {
  readonly id: number;
  readonly guid: string;
  readonly event: string;
  readonly payload: object;
  readonly deliveredAt: Date;
  readonly isRedelivery: boolean;
  /** 0 when nobody answered. */
  readonly statusCode: number;
}

export interface Pull {
  readonly number: number;
  readonly head: string;
  readonly base: string;
  title: string;
  body: string;
  state: 'open' | 'closed';
}

export interface Repository {
  readonly id: number;
  readonly owner: string;
  readonly name: string;
  readonly isPrivate: boolean;
  readonly defaultBranch: string;
  readonly issues: Issue[];
  readonly hooks: Hook[];
  readonly pulls: Pull[];
  readonly git: GitStore;
  /** Role of each person; nobody else may do more than read. */
  readonly roles: Map<string, 'admin' | 'push' | 'pull'>;
  isArchived: boolean;
  hasIssues: boolean;
}

export type Level = 'read' | 'write';

export type Account =
  | { readonly kind: 'CLASSIC'; readonly login: string; readonly scopes: readonly string[] }
  | {
      readonly kind: 'FINE_GRAINED' | 'INSTALLATION';
      readonly login: string;
      readonly permissions: Readonly<Record<string, Level>>;
      /** Names of repositories; null for all. */
      readonly repositories: readonly string[] | null;
    };

export interface App {
  readonly id: number;
  readonly installationId: number;
  readonly publicKey: KeyObject;
  /** As a person downloads it. */
  readonly privateKeyPem: string;
  permissions: Readonly<Record<string, Level>>;
  repositories: readonly string[] | null;
}

function createApp(): App {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return {
    id: 29_310,
    installationId: 957_387,
    publicKey,
    privateKeyPem: privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
    permissions: { metadata: 'read', issues: 'write', contents: 'write', pull_requests: 'write' },
    repositories: null,
  };
}

export const ISSUE_TYPES = ['Bug', 'Feature', 'Task'];

export class GitHubState {
  /** By token. */
  readonly accounts = new Map<string, Account>();
  /** By `owner/name` in lower case. */
  readonly repositories = new Map<string, Repository>();
  readonly organizationHooks = new Map<string, Hook[]>();
  /** Where webhooks arrive in place of the origin of their address; null to believe the address. */
  hooksArriveAt: string | null = null;
  #app: App | null = null;
  #lastId = 1_000;

  /** Made when it is first asked for: most tests have no app, and its key takes time. */
  get app(): App {
    this.#app ??= createApp();
    return this.#app;
  }

  nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  addAccount(account: Account, token = `ghp_${randomBytes(18).toString('hex')}`): string {
    this.accounts.set(token, account);
    return token;
  }

  addRepository(
    fullName: string,
    options: {
      readonly isPrivate?: boolean;
      readonly files?: Readonly<Record<string, string>>;
      readonly roles?: Readonly<Record<string, 'admin' | 'push' | 'pull'>>;
    } = {},
  ): Repository {
    const [owner = '', name = ''] = fullName.split('/');
    const repository: Repository = {
      id: this.nextId(),
      owner,
      name,
      isPrivate: options.isPrivate ?? true,
      defaultBranch: 'main',
      issues: [],
      hooks: [],
      pulls: [],
      git: new GitStore(),
      roles: new Map(Object.entries(options.roles ?? {})),
      isArchived: false,
      hasIssues: true,
    };
    if (options.files) repository.git.start(repository.defaultBranch, options.files);
    this.repositories.set(fullName.toLowerCase(), repository);
    return repository;
  }

  addIssue(
    repository: Repository,
    issue: Partial<Pick<Issue, 'title' | 'body' | 'type' | 'assignee' | 'updatedAt' | 'isPull' | 'number'>>,
  ): Issue {
    const updatedAt = issue.updatedAt ?? new Date();
    const added: Issue = {
      id: this.nextId(),
      number: issue.number ?? repository.issues.length + 1,
      isPull: issue.isPull ?? false,
      createdAt: updatedAt,
      comments: [],
      title: issue.title ?? 'Untitled',
      body: issue.body ?? null,
      state: 'open',
      stateReason: null,
      type: issue.type ?? null,
      assignee: issue.assignee ?? null,
      updatedAt,
      isDeleted: false,
      isLocked: false,
    };
    repository.issues.push(added);
    return added;
  }
}

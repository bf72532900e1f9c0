/** What takes files in, on a database of its own, with a tenant for each token. */
import { Client } from 'pg';
import { ROLE_PERMISSIONS, type BuiltInRole, type TenantViewer } from '@flowgrid/access';
import {
  FlowgridError,
  createHttpServer,
  createLogger,
  listen,
  newId,
  systemClock,
  type RunningServer,
} from '@flowgrid/platform';
import { createThreadDocumentReader } from '../../../../subgraphs/design/src/adapters/thread-document-reader.ts';
import { openDesignDatabase, type DesignDatabase } from '../../../../subgraphs/design/src/database.ts';
import { addUploadRoute } from '../../../../subgraphs/design/src/modules/intake/upload-routes.ts';
import {
  createUploadService,
  type UploadQuota,
} from '../../../../subgraphs/design/src/modules/intake/upload-service.ts';
import { createTestDatabase } from '../../../testkit/database.ts';

export interface UploadAnswer {
  readonly status: number;
  readonly id: string;
  readonly name: string;
  readonly mediaType: string;
  readonly size: number;
  readonly sha256: string;
  readonly characters: number;
  readonly kind: string;
  readonly warnings: readonly string[];
  readonly errors?: readonly { message: string; extensions: { code: string; reason?: string } }[];
}

export interface Sender {
  readonly tenantId: string;
  readonly token: string;
  upload(name: string, content: Uint8Array | string): Promise<UploadAnswer>;
}

export interface Intake extends AsyncDisposable {
  readonly database: DesignDatabase;
  readonly server: RunningServer;
  /** Sees every tenant. */
  readonly superuser: Client;
  sender(role?: BuiltInRole): Sender;
  /** A session that may be given sources. */
  addSession(tenantId: string): Promise<string>;
}

export async function startIntake(quota?: UploadQuota): Promise<Intake> {
  await using stack = new AsyncDisposableStack();
  const testDatabase = stack.use(await createTestDatabase());
  const superuser = new Client({ connectionString: testDatabase.superuserUrl });
  await superuser.connect();
  stack.defer(() => superuser.end());
  const database = stack.use(openDesignDatabase(testDatabase.url('flowgrid_design')));
  const reader = stack.use(createThreadDocumentReader());
  const signal = new AbortController().signal;
  const options = { database, reader, clock: systemClock, signal };
  const uploads = createUploadService(quota === undefined ? options : { ...options, quota });
  const viewers = new Map<string, TenantViewer>();
  const logger = createLogger({ name: 'test', level: 'silent' });
  const http = { name: 'test', host: '127.0.0.1', port: 0, logger, checkReady: () => Promise.resolve() };
  const app = createHttpServer(http);
  addUploadRoute(app, {
    uploads,
    authenticate: async (authorization) => {
      const viewer = viewers.get(authorization ?? '');
      if (viewer === undefined) throw new FlowgridError('UNAUTHENTICATED', 'Who is this?');
      return viewer;
    },
  });
  const server = stack.use(await listen(app, http));
  const owned = stack.move();
  return {
    database,
    server,
    superuser,
    sender: (role = 'EDITOR') => {
      const tenantId = newId();
      const token = `Bearer ${newId()}`;
      const id = newId();
      viewers.set(token, {
        kind: 'tenant',
        tenantId,
        actor: { kind: 'USER', id, name: 'Tester', userId: id },
        permissions: new Set(ROLE_PERMISSIONS[role]),
        contextToken: token,
        sessionId: null,
      });
      return {
        tenantId,
        token,
        upload: (name, content) => sendFile(`${server.url}/uploads`, token, { name, content }),
      };
    },
    addSession: async (tenantId) => {
      const id = newId();
      await superuser.query(
        `INSERT INTO design.design_session (tenant_id, id, title, description, target, review_process, is_redesign, state,
           phase, percent, last_sequence, created_at, updated_at)
         VALUES ($1, $2, 'Claims', 'The clerk pays.', 'CLAUDE_AGENT_SDK', false, false, 'QUEUED', 'CONTEXT', 0, 1, now(), now())`,
        [tenantId, id],
      );
      return id;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function sendFile(
  url: string,
  authorization: string,
  { name, content }: { readonly name: string; readonly content: Uint8Array | string },
): Promise<UploadAnswer> {
  const form = new FormData();
  form.append('file', new Blob([typeof content === 'string' ? content : Uint8Array.from(content)]), name);
  const response = await fetch(url, { method: 'POST', headers: { authorization }, body: form });
  const answer = (await response.json()) as Omit<UploadAnswer, 'status'>;
  return { status: response.status, ...answer };
}

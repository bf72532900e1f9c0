/** Everything that uploads need in the service: their reader, their route, and the end of those that nobody uses. */
import type { ContextTokenVerifier } from '@flowgrid/access';
import type { Clock, Logger } from '@flowgrid/platform';
import type { FastifyInstance } from 'fastify';
import { createThreadDocumentReader } from '../../adapters/thread-document-reader.ts';
import type { DesignDatabase } from '../../database.ts';
import { purgeUploadsPeriodically } from './purge-uploads.ts';
import { addUploadRoute } from './upload-routes.ts';
import { createUploadService } from './upload-service.ts';

export interface Uploads extends AsyncDisposable {
  addRoute(app: FastifyInstance): void;
}

/** The caller disposes of the result. */
export function openUploads(options: {
  readonly database: DesignDatabase;
  readonly authenticate: ContextTokenVerifier['authenticate'];
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}): Uploads {
  const stack = new AsyncDisposableStack();
  const reader = stack.use(createThreadDocumentReader());
  stack.use(purgeUploadsPeriodically(options));
  const uploads = createUploadService({ ...options, reader });
  return {
    addRoute: (app) => addUploadRoute(app, { uploads, authenticate: options.authenticate }),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

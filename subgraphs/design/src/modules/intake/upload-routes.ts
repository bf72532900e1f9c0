/** `POST /uploads`: one file as `multipart/form-data`, as `curl -F file=@name` and a browser's FormData send it. */
import multipart from '@fastify/multipart';
import { requirePermission, type ContextTokenVerifier } from '@flowgrid/access';
import { FlowgridError, TenantShare, overloaded, sendRefusal } from '@flowgrid/platform';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { fileTooLarge, type ReceivedFile, type UploadService } from './upload-service.ts';
import { MAX_UPLOAD_BYTES, type Upload } from './upload.ts';

export interface UploadRouteOptions {
  readonly uploads: UploadService;
  readonly authenticate: ContextTokenVerifier['authenticate'];
}

/** What stands around the file. */
const FRAME_BYTES = 64 * 1024;
/** Each is held in memory as a whole. */
const MAX_AT_ONCE = 8;
const MAX_PARTS = 5;

export function addUploadRoute(app: FastifyInstance, options: UploadRouteOptions): void {
  let atOnce = 0;
  // A sender of many files, or of slow ones, leaves places for the other tenants.
  const share = new TenantShare(MAX_AT_ONCE);
  void app.register(async (scope) => {
    // Nothing is parsed before it is known who sends it.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, _payload, done) => done(null));
    await scope.register(multipart, {
      limits: { fileSize: MAX_UPLOAD_BYTES, files: 2, parts: MAX_PARTS, fieldSize: FRAME_BYTES },
    });
    scope.post('/uploads', { bodyLimit: MAX_UPLOAD_BYTES + FRAME_BYTES }, async (request, reply) => {
      try {
        const viewer = await options.authenticate(request.headers.authorization);
        // Before the body is looked at.
        const { tenantId } = requirePermission(viewer, 'design:run');
        if (atOnce >= MAX_AT_ONCE) throw overloaded();
        const giveBack = share.take(tenantId);
        atOnce += 1;
        try {
          const file = await readOneFile(request);
          return await send(reply, await options.uploads.receive({ viewer, requestId: request.id }, file));
        } finally {
          atOnce -= 1;
          giveBack();
        }
      } catch (error) {
        if (!(error instanceof FlowgridError)) throw error;
        return sendRefusal(reply.header('cache-control', 'no-store'), error);
      }
    });
  });
}

async function readOneFile(request: FastifyRequest): Promise<ReceivedFile> {
  const [file, ...others] = request.isMultipart() ? await readFiles(request) : [];
  if (file === undefined || others.length > 0) throw notOneFile();
  return file;
}

async function readFiles(request: FastifyRequest): Promise<readonly ReceivedFile[]> {
  const files: ReceivedFile[] = [];
  try {
    for await (const part of request.parts()) {
      if (part.type === 'file') files.push({ name: part.filename ?? '', content: await part.toBuffer() });
    }
  } catch (error) {
    // Whatever is wrong with a body is wrong with what was sent.
    throw isTooLarge(error) ? fileTooLarge() : notOneFile(error);
  }
  return files;
}

async function send(reply: FastifyReply, upload: Upload): Promise<FastifyReply> {
  const { id, name, mediaType, size, sha256, kind, text, warnings } = upload;
  return reply
    .status(201)
    .header('cache-control', 'no-store')
    .send({ id, name, mediaType, size, sha256, characters: text?.length ?? 0, kind, warnings });
}

function isTooLarge(error: unknown): boolean {
  return (
    typeof error === 'object' && error !== null && 'code' in error && error.code === 'FST_REQ_FILE_TOO_LARGE'
  );
}

function notOneFile(cause?: unknown): FlowgridError {
  return new FlowgridError(
    'BAD_USER_INPUT',
    'Send exactly one file as multipart/form-data, such as by curl -F file=@handbook.docx.',
    { details: { reason: 'NOT_ONE_FILE' }, cause },
  );
}

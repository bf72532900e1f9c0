/** `POST /uploads`: one file as `multipart/form-data`, as `curl -F file=@name` and a browser's FormData send it. */
import multipart from '@fastify/multipart';
import { requirePermission, type ContextTokenVerifier } from '@flowgrid/access';
import { FlowgridError, overloaded, sendRefusal } from '@flowgrid/platform';
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
  void app.register(async (scope) => {
    await scope.register(multipart, {
      limits: { fileSize: MAX_UPLOAD_BYTES, files: 2, parts: MAX_PARTS, fieldSize: FRAME_BYTES },
    });
    scope.post('/uploads', { bodyLimit: MAX_UPLOAD_BYTES + FRAME_BYTES }, async (request, reply) => {
      try {
        const viewer = await options.authenticate(request.headers.authorization);
        // Before the body is looked at.
        requirePermission(viewer, 'design:run');
        if (atOnce >= MAX_AT_ONCE) throw overloaded();
        atOnce += 1;
        try {
          const file = await readFile(request);
          return await send(reply, await options.uploads.receive({ viewer, requestId: request.id }, file));
        } finally {
          atOnce -= 1;
        }
      } catch (error) {
        const refusal = toRefusal(error);
        if (refusal === null) throw error;
        return sendRefusal(reply.header('cache-control', 'no-store'), refusal);
      }
    });
  });
}

async function readFile(request: FastifyRequest): Promise<ReceivedFile> {
  if (!request.isMultipart()) throw notOneFile();
  const files: ReceivedFile[] = [];
  for await (const part of request.parts()) {
    if (part.type === 'file') files.push({ name: part.filename ?? '', content: await part.toBuffer() });
  }
  const [file, ...others] = files;
  if (file === undefined || others.length > 0) throw notOneFile();
  return file;
}

async function send(reply: FastifyReply, upload: Upload): Promise<FastifyReply> {
  const { id, name, mediaType, size, sha256, kind, text, warnings } = upload;
  return reply
    .status(201)
    .header('cache-control', 'no-store')
    .send({ id, name, mediaType, size, sha256, characters: text?.length ?? 0, kind, warnings });
}

/** Null for what is no fault of the sender. */
function toRefusal(error: unknown): FlowgridError | null {
  if (error instanceof FlowgridError) return error;
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : null;
  switch (code) {
    case 'FST_REQ_FILE_TOO_LARGE':
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return fileTooLarge();
    case 'FST_PARTS_LIMIT':
    case 'FST_FILES_LIMIT':
    case 'FST_FIELDS_LIMIT':
    case 'FST_PROTO_VIOLATION':
    case 'FST_INVALID_MULTIPART_CONTENT_TYPE':
    case 'FST_MP_PREMATURE_CLOSE':
      return notOneFile(error);
    default:
      return null;
  }
}

function notOneFile(cause?: unknown): FlowgridError {
  return new FlowgridError(
    'BAD_USER_INPUT',
    'Send exactly one file as multipart/form-data, such as by curl -F file=@handbook.docx.',
    { details: { reason: 'NOT_ONE_FILE' }, cause },
  );
}

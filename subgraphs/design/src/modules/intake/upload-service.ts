/** Takes in files that people upload: reads them, and keeps what can be used. */
import { createHash } from 'node:crypto';
import { requirePermission, type ServiceRequest } from '@flowgrid/access';
import { FlowgridError, newId, type Clock } from '@flowgrid/platform';
import { DocumentError, type DocumentReader } from '../../adapters/document-reader.ts';
import type { DesignDatabase } from '../../database.ts';
import { toFileName } from './file-name.ts';
import { measureUploads, storeUpload } from './upload-store.ts';
import { MAX_UPLOAD_BYTES, type Upload, type UploadReading } from './upload.ts';

const MEGABYTE = 1024 * 1024;

/** Of one tenant. Files that no design uses are deleted after a day; those of designs stay. */
export interface UploadQuota {
  readonly unusedFiles: number;
  readonly unusedBytes: number;
  readonly bytes: number;
}

const QUOTA: UploadQuota = { unusedFiles: 200, unusedBytes: 256 * MEGABYTE, bytes: 4096 * MEGABYTE };

export interface UploadServiceOptions {
  readonly database: DesignDatabase;
  readonly reader: DocumentReader;
  readonly clock: Clock;
  /** Aborted when the service stops. */
  readonly signal: AbortSignal;
  readonly quota?: UploadQuota;
}

export interface ReceivedFile {
  readonly name: string;
  readonly content: Uint8Array;
}

export type UploadService = ReturnType<typeof createUploadService>;

export function createUploadService(options: UploadServiceOptions) {
  return {
    /** @throws FlowgridError whose detail `reason` says what is wrong with the file. */
    receive: (request: ServiceRequest, file: ReceivedFile): Promise<Upload> =>
      receive(options, request, file),
  };
}

async function receive(
  { database, reader, clock, signal, quota = QUOTA }: UploadServiceOptions,
  request: ServiceRequest,
  { name: givenName, content }: ReceivedFile,
): Promise<Upload> {
  const { tenantId, actor } = requirePermission(request.viewer, 'design:run');
  const name = toFileName(givenName);
  const size = content.byteLength;
  if (size > MAX_UPLOAD_BYTES) throw fileTooLarge();
  const sha256 = createHash('sha256').update(content).digest('hex');
  const reading = await read(reader, { name, content }, signal);
  const upload: Upload = { id: newId(), name, size, sha256, ...reading };
  await database.inTenant(tenantId, async (tx) => {
    const { all, unused } = await measureUploads(tx, tenantId);
    if (unused.count >= quota.unusedFiles || unused.bytes + size > quota.unusedBytes) {
      throw overQuota(
        'Your tenant has uploaded more files than may wait for their use. Use them in designs, or wait: after a day unused files are deleted.',
      );
    }
    if (all.bytes + size > quota.bytes) {
      throw overQuota('The files of your tenant take all the room that it has. Ask your operator for more.');
    }
    await storeUpload(tx, { tenantId, upload, content, createdByUserId: actor.userId, now: clock.now() });
  });
  return upload;
}

async function read(reader: DocumentReader, file: ReceivedFile, signal: AbortSignal): Promise<UploadReading> {
  try {
    return await reader.read(file, signal);
  } catch (error) {
    if (!(error instanceof DocumentError)) throw error;
    const code = error.problem === 'TOO_BUSY' ? 'SERVICE_UNAVAILABLE' : 'BAD_USER_INPUT';
    throw new FlowgridError(code, error.message, { cause: error, details: { reason: error.problem } });
  }
}

export function fileTooLarge(): FlowgridError {
  return new FlowgridError(
    'PAYLOAD_TOO_LARGE',
    'The file is larger than 20 MB. Send only the part that matters.',
    {
      details: { reason: 'FILE_TOO_LARGE' },
    },
  );
}

function overQuota(message: string): FlowgridError {
  return new FlowgridError('RATE_LIMITED', message, { details: { reason: 'QUOTA_EXCEEDED' } });
}

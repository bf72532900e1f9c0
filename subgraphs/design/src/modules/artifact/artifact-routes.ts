/** `GET /artifacts/<id>`: the download of an artifact by its signed link, or by a session's context token. */
import { requirePermission, type ContextTokenVerifier } from '@flowgrid/access';
import { FlowgridError, isId, sendRefusal } from '@flowgrid/platform';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { DesignDatabase } from '../../database.ts';
import type { ArtifactFile } from './artifact.ts';
import type { ArtifactKey, ArtifactLinks } from './artifact-link.ts';
import { findArtifactFile } from './artifact-store.ts';

export interface ArtifactRouteOptions {
  readonly database: DesignDatabase;
  readonly links: ArtifactLinks;
  /** Makes the viewer of whoever comes with a context token instead of a signature. */
  readonly authenticate: ContextTokenVerifier['authenticate'];
}

type Download = FastifyRequest<{ Params: { id: string } }>;

/** One answer for every link that opens nothing: it does not tell what exists. */
export function createArtifactHandler(options: ArtifactRouteOptions) {
  const { database } = options;
  return async (request: Download, reply: FastifyReply): Promise<FastifyReply> => {
    let key: ArtifactKey | null;
    try {
      key = await readKey(options, request);
    } catch (error) {
      if (!(error instanceof FlowgridError)) throw error;
      return sendRefusal(reply.header('cache-control', 'no-store'), error);
    }
    if (key === null) return sendNothing(reply);
    const { tenantId, id } = key;
    const file = await database.readInTenant(tenantId, (tx) => findArtifactFile(tx, tenantId, { id }));
    if (file === null) return sendNothing(reply);
    const entityTag = `"${file.sha256}"`;
    reply.headers({
      etag: entityTag,
      'cache-control': 'private, no-cache',
      'content-disposition': `attachment; filename="${toSafeName(file.name)}"`,
      'content-security-policy': "default-src 'none'; sandbox",
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    });
    if (request.headers['if-none-match'] === entityTag) return reply.status(304).send();
    return sendFile(reply, file);
  };
}

/** A signature is all that a link needs; the token of whoever follows it is not looked at. */
async function readKey(
  { links, authenticate }: ArtifactRouteOptions,
  { params: { id }, query, headers: { authorization } }: Download,
): Promise<ArtifactKey | null> {
  if (hasSignature(query) || authorization === undefined) return links.verify(id, query);
  const { tenantId } = requirePermission(await authenticate(authorization), 'design:read');
  return isId(id) ? { tenantId, id } : null;
}

function hasSignature(query: unknown): boolean {
  return typeof query === 'object' && query !== null && 'signature' in query;
}

function sendFile(reply: FastifyReply, file: ArtifactFile): FastifyReply {
  return reply.type(file.mediaType).send(Buffer.from(file.content));
}

function sendNothing(reply: FastifyReply): FastifyReply {
  const message = 'This link opens nothing. Links expire after five minutes: ask for a new one.';
  return reply
    .status(404)
    .header('cache-control', 'no-store')
    .send({ errors: [{ message, extensions: { code: 'NOT_FOUND' } }] });
}

function toSafeName(name: string): string {
  return name.replaceAll(/[^\w.-]/g, '_');
}

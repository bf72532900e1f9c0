/** `GET /artifacts/<id>`: the download of an artifact by its signed link. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { DesignDatabase } from '../../database.ts';
import type { ArtifactFile } from './artifact.ts';
import type { ArtifactLinks } from './artifact-link.ts';
import { findArtifactFile } from './artifact-store.ts';

export interface ArtifactRouteOptions {
  readonly database: DesignDatabase;
  readonly links: ArtifactLinks;
}

type Download = FastifyRequest<{ Params: { id: string } }>;

/** One answer for every link that opens nothing: it does not tell what exists. */
export function createArtifactHandler({ database, links }: ArtifactRouteOptions) {
  return async (request: Download, reply: FastifyReply): Promise<FastifyReply> => {
    const key = links.verify(request.params.id, request.query);
    const file =
      key &&
      (await database.readInTenant(key.tenantId, (tx) => findArtifactFile(tx, key.tenantId, { id: key.id })));
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

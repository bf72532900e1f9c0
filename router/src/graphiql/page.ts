/** Serves the bundled GraphiQL: the page at /graphql for browsers, its files under /graphiql. */
import { createReadStream, existsSync, globSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FlowgridError } from '@flowgrid/platform';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

const BUNDLE = fileURLToPath(new URL('../../dist/graphiql/', import.meta.url));

/** Everything comes from here; editors set styles of elements, and the language services are workers. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "font-src 'self' data:",
  "img-src 'self' data:",
  "connect-src 'self'",
  "worker-src 'self' blob:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.ttf': 'font/ttf',
  '.woff2': 'font/woff2',
};

const NOT_BUILT =
  '<!doctype html><title>GraphiQL</title><p>GraphiQL is not built. Run <code>npm run build -w @flowgrid/router</code> and start again.';

export interface GraphiqlPage {
  /** True for a browser that wants to look at the address, not to run an operation by it. */
  readonly isWantedBy: (request: FastifyRequest) => boolean;
  readonly send: (reply: FastifyReply) => FastifyReply;
}

export function addGraphiql(app: FastifyInstance, bundle = BUNDLE): GraphiqlPage {
  const index = join(bundle, 'index.html');
  const html = existsSync(index) ? readFileSync(index, 'utf8') : NOT_BUILT;
  const files = new Set(globSync('assets/*', { cwd: bundle }).map((file) => file.replaceAll('\\', '/')));
  app.get<{ Params: { file: string } }>('/graphiql/assets/:file', (request, reply) => {
    const file = `assets/${request.params.file}`;
    // Only files that were there at the start: a name from outside never becomes a path.
    if (!files.has(file)) throw new FlowgridError('NOT_FOUND', 'Not found.');
    return reply
      .type(TYPES[extname(file)] ?? 'application/octet-stream')
      .header('cache-control', 'public, max-age=31536000, immutable')
      .header('x-content-type-options', 'nosniff')
      .send(createReadStream(join(bundle, file)));
  });
  return {
    isWantedBy: ({ method, headers, query }) =>
      method === 'GET' && (headers.accept ?? '').includes('text/html') && !hasQuery(query),
    send: (reply) =>
      reply
        .type('text/html; charset=utf-8')
        .header('cache-control', 'no-cache')
        .header('content-security-policy', POLICY)
        .header('x-content-type-options', 'nosniff')
        .header('referrer-policy', 'same-origin')
        .send(html),
  };
}

function hasQuery(query: unknown): boolean {
  return typeof query === 'object' && query !== null && 'query' in query;
}

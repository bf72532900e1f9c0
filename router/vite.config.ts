/** Bundles GraphiQL into dist/graphiql, from where the router serves it. */
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  root: fileURLToPath(new URL('graphiql/', import.meta.url)),
  base: '/graphiql/',
  plugins: [react()],
  logLevel: 'error',
  build: {
    outDir: fileURLToPath(new URL('dist/graphiql/', import.meta.url)),
    emptyOutDir: true,
    // The editor is one large piece by nature; it is loaded by developers, once.
    chunkSizeWarningLimit: 10_000,
    reportCompressedSize: false,
  },
  worker: { format: 'es' },
});

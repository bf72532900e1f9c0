/** Composes supergraph.graphql from the SDL files of the subgraphs; with `--check` it only compares and fails on drift. */
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { composeServices } from '@apollo/composition';
import { parse } from 'graphql';

export interface SubgraphSource {
  readonly name: string;
  readonly sdl: string;
}

export type Composition =
  | { readonly status: 'composed'; readonly sdl: string; readonly hints: readonly string[] }
  | { readonly status: 'failed'; readonly errors: readonly string[] };

const HEADER =
  '# Composed from the subgraphs by `npm run compose`; do not edit.\n# The addresses are placeholders: SUBGRAPH_<NAME>_URL of the router names the real ones.\n\n';

/** Reads the module files of every folder under `subgraphs`; `schema.graphql`, which has the `@link`, comes first. */
export function readSubgraphs(folder: string): SubgraphSource[] {
  return globSync('*/src', { cwd: folder })
    .map((source) => ({ name: source.split(/[\\/]/)[0] ?? source, folder: join(folder, source) }))
    .map(({ name, folder: source }) => ({ name, sdl: readSdl(source) }))
    .filter(({ sdl }) => sdl !== '')
    .toSorted((left, right) => left.name.localeCompare(right.name));
}

function readSdl(folder: string): string {
  const files = [
    ...globSync('schema.graphql', { cwd: folder }),
    ...globSync('modules/**/*.graphql', { cwd: folder }).toSorted(),
  ];
  return files.map((file) => readFileSync(join(folder, file), 'utf8')).join('\n');
}

export function composeSupergraph(subgraphs: readonly SubgraphSource[]): Composition {
  const parsed = subgraphs.map(({ name, sdl }) => ({ name, document: parseSdl(name, sdl) }));
  const unreadable = parsed.flatMap(({ document }) => ('error' in document ? [document.error] : []));
  if (unreadable.length > 0) return { status: 'failed', errors: unreadable };
  const result = composeServices(
    parsed.flatMap(({ name, document }) =>
      'error' in document
        ? []
        : [{ name, url: `http://${name}.internal/graphql`, typeDefs: document.typeDefs }],
    ),
  );
  if (result.errors) return { status: 'failed', errors: result.errors.map((error) => error.message) };
  return {
    status: 'composed',
    sdl: `${HEADER}${result.supergraphSdl.trimEnd()}\n`,
    hints: result.hints.map((hint) => `${hint.definition.code}: ${hint.message.split('\n')[0] ?? ''}`),
  };
}

function parseSdl(name: string, sdl: string): { typeDefs: ReturnType<typeof parse> } | { error: string } {
  try {
    return { typeDefs: parse(sdl) };
  } catch (error) {
    return { error: `[${name}] ${error instanceof Error ? error.message : String(error)}` };
  }
}

function main(isCheck: boolean): number {
  const root = fileURLToPath(new URL('../../', import.meta.url));
  const target = join(root, 'router', 'supergraph.graphql');
  const composition = composeSupergraph(readSubgraphs(join(root, 'subgraphs')));
  if (composition.status === 'failed') {
    process.stderr.write(
      `The subgraphs do not compose:\n${composition.errors.map((error) => `  ${error}`).join('\n')}\n`,
    );
    return 1;
  }
  if (composition.hints.length > 0) {
    // A hint is a type that subgraphs share and do not write alike; clients would see one of the texts by chance.
    process.stderr.write(`The subgraphs differ:\n${composition.hints.map((hint) => `  ${hint}\n`).join('')}`);
    if (isCheck) return 1;
  }
  const current = existsSync(target) ? readFileSync(target, 'utf8') : '';
  if (!isCheck) {
    if (current !== composition.sdl) writeFileSync(target, composition.sdl);
    return 0;
  }
  if (current === composition.sdl) return 0;
  process.stderr.write(
    'router/supergraph.graphql is not what the subgraphs compose to. Run `npm run compose` and commit the result.\n',
  );
  return 1;
}

const entry = process.argv[1];
if (entry !== undefined && import.meta.url === pathToFileURL(entry).href) {
  process.exitCode = main(process.argv.includes('--check'));
}

/** The files of an artifact, as they stand in a repository. */
import { strFromU8, unzipSync } from 'fflate';
import type { ArtifactFile } from '../artifact/artifact.ts';
import type { BundleFile } from '../code/bundle.ts';

const WORKFLOWS = '.github/workflows/';

/** A bundle is this service's own and small; another artifact is one file of text. */
export function filesOf({ kind, name, content }: ArtifactFile): readonly BundleFile[] {
  const bytes = Uint8Array.from(content);
  if (kind !== 'BUNDLE') return [{ path: name, content: strFromU8(bytes) }];
  return Object.entries(unzipSync(bytes)).map(([path, file]) => ({ path, content: strFromU8(file) }));
}

/** The project of one agent of several, without its folder. */
export function filesBelow(files: readonly BundleFile[], folder: string): readonly BundleFile[] {
  const prefix = `${folder}/`;
  return files
    .filter(({ path }) => path.startsWith(prefix))
    .map(({ path, content }) => ({ path: path.slice(prefix.length), content }));
}

/** Workflows run where they stand at the root alone, and then with the rights of the repository: they are left out there. */
export function placeFiles(files: readonly BundleFile[], directory: string): readonly BundleFile[] {
  if (directory === '') return files.filter(({ path }) => !path.startsWith(WORKFLOWS));
  return files.map(({ path, content }) => ({ path: `${directory}/${path}`, content }));
}

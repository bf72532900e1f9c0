import { expect, test } from 'vitest';
import { newId } from '@flowgrid/platform';
import type { ArtifactFile } from '../artifact/artifact.ts';
import { zipBundle } from '../code/zip-bundle.ts';
import { filesBelow, filesOf, placeFiles } from './push-files.ts';

const FILES = [
  { path: '.github/workflows/ci.yml', content: 'name: ci\n' },
  { path: 'claims-desk/src/main.ts', content: 'export {};\n' },
  { path: 'claims/src/main.ts', content: "console.log('ä');\n" },
];

const artifact = (kind: ArtifactFile['kind'], name: string, content: Uint8Array): ArtifactFile => ({
  tenantId: newId(),
  id: newId(),
  sessionId: newId(),
  revision: 1,
  kind,
  name,
  mediaType: 'application/zip',
  size: content.byteLength,
  sha256: '0'.repeat(64),
  content,
});

test('a bundle is its files, and another artifact is one', () => {
  expect(filesOf(artifact('BUNDLE', 'claims.zip', zipBundle(FILES)))).toEqual(FILES);
  expect(filesOf(artifact('ARCHIMATE', 'claims.xml', Buffer.from('<model>ä</model>')))).toEqual([
    { path: 'claims.xml', content: '<model>ä</model>' },
  ]);
});

test('the project of an agent is what is below its folder, and no other', () => {
  expect(filesBelow(FILES, 'claims')).toEqual([{ path: 'src/main.ts', content: "console.log('ä');\n" }]);
});

test('a workflow is left out where it would run', () => {
  expect(placeFiles(FILES, '').map(({ path }) => path)).toEqual([
    'claims-desk/src/main.ts',
    'claims/src/main.ts',
  ]);
  expect(placeFiles(FILES, 'agents/claims').map(({ path }) => path)).toEqual([
    'agents/claims/.github/workflows/ci.yml',
    'agents/claims/claims-desk/src/main.ts',
    'agents/claims/claims/src/main.ts',
  ]);
});

/** The files of a bundle that are the same for every agent. Nothing is ever put into them. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { CodeTarget } from '../session/session.ts';
import type { BundleFile } from './bundle.ts';

const FOLDER = new URL('../../../bundle-template/', import.meta.url);

const TARGET_FOLDERS: Readonly<Record<CodeTarget, string>> = {
  CLAUDE_AGENT_SDK: 'claude-agent-sdk',
  OPENAI_AGENTS_SDK: 'openai-agents-sdk',
};

export function readTemplate(target: CodeTarget): readonly BundleFile[] {
  return ['shared', TARGET_FOLDERS[target]].flatMap(readFolder);
}

/** A name that begins with `dot-` begins with a dot in the bundle: as a real dotfile it would steer this repository's tools. */
function readFolder(name: string): readonly BundleFile[] {
  const folder = new URL(`${name}/`, FOLDER);
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const file = `${entry.parentPath}/${entry.name}`;
      const path = file.slice(fileURLToPath(folder).length).replaceAll('\\', '/').replace(/^\/+/, '');
      return { path: path.replace(/^dot-/, '.'), content: readFileSync(file, 'utf8') };
    });
}

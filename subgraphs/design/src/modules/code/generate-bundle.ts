/** Generates downloadable TypeScript projects for the agents of a proposal. The same input gives the same bytes. */
import { toProject } from './agent-project.ts';
import { toTeamSpec } from './agent-spec.ts';
import { BundleTooLargeError, MAX_BUNDLE_AGENTS, MAX_BUNDLE_CHARACTERS, MAX_BUNDLE_FILES } from './bundle.ts';
import type { Bundle, BundleFile, BundleInput } from './bundle.ts';
import { nameAgents } from './bundle-agent.ts';
import type { BundleAgent } from './bundle-agent.ts';
import { readTemplate } from './bundle-template.ts';
import { toJsonFile } from './literals.ts';
import { toCiFile, toComposeFile } from './team-files.ts';
import { toTeamReadme } from './team-readme.ts';

export type { Bundle, BundleFile, BundleInput } from './bundle.ts';

/** One agent is a project; several are a folder each. Throws BundleTooLargeError. */
export function generateBundle(bundle: BundleInput): Bundle {
  const { agents, target } = bundle;
  if (agents.length > MAX_BUNDLE_AGENTS) {
    throw new BundleTooLargeError(`The design has more than ${MAX_BUNDLE_AGENTS} agents.`);
  }
  const team = nameAgents(target, agents);
  const template = readTemplate(target);
  const isTeam = team.length > 1;
  const projects = team.flatMap((member) => {
    const files = toProject({ template, member, team, bundle });
    return isTeam ? files.map(({ path, content }) => ({ path: `${member.folder}/${path}`, content })) : files;
  });
  const files = [...projects, ...aroundProjects(bundle, team)];
  requireSize(files);
  return { files: files.toSorted((left, right) => (left.path < right.path ? -1 : 1)) };
}

function aroundProjects(bundle: BundleInput, team: readonly BundleAgent[]): readonly BundleFile[] {
  const isTeam = team.length > 1;
  const folders = isTeam ? team.map(({ folder }) => folder) : ['.'];
  const always = [
    { path: '.github/workflows/ci.yml', content: toCiFile(folders) },
    { path: 'process-model.json', content: toJsonFile(bundle.processModel) },
  ];
  if (!isTeam) return always;
  return [
    ...always,
    { path: 'README.md', content: toTeamReadme(bundle, team) },
    { path: 'agentspec.json', content: toJsonFile(toTeamSpec(bundle.title, team)) },
    { path: 'docker-compose.yml', content: toComposeFile(team) },
  ];
}

function requireSize(files: readonly BundleFile[]): void {
  const characters = files.reduce((sum, { content }) => sum + content.length, 0);
  if (files.length <= MAX_BUNDLE_FILES && characters <= MAX_BUNDLE_CHARACTERS) return;
  throw new BundleTooLargeError(
    'The code of the agents is too large. Shorten the description or have fewer agents.',
  );
}

/** The project of one agent. */
import { invariant } from '@flowgrid/platform';
import { toAgentCard } from './agent-card.ts';
import { toAgentSpec } from './agent-spec.ts';
import type { BundleFile, BundleInput } from './bundle.ts';
import type { BundleAgent } from './bundle-agent.ts';
import { casesOf } from './cases.ts';
import { toJsonFile } from './literals.ts';
import { CONNECTORS } from './operation.ts';
import {
  connectorKinds,
  toConfigSource,
  toEnvExample,
  toPackageJson,
  toPackageLock,
} from './project-files.ts';
import { toReadme } from './readme.ts';
import { toHandOffSource, toToolIndexSource, toToolSource } from './tool-files.ts';
import { toToolTestSource } from './tool-tests.ts';

export interface ProjectInput {
  readonly template: readonly BundleFile[];
  readonly member: BundleAgent;
  readonly team: readonly BundleAgent[];
  readonly bundle: BundleInput;
}

export function toProject({ template, member, team, bundle }: ProjectInput): readonly BundleFile[] {
  const { agent, tools, handOffs } = member;
  const cases = casesOf(member, team, bundle.testCases);
  const { processModel, automation } = bundle;
  return [
    ...template.filter(({ path }) => isNeeded(path, member, cases.length)),
    { path: '.env.example', content: toEnvExample(member) },
    { path: 'README.md', content: toReadme({ member, processModel, automation, caseCount: cases.length }) },
    { path: 'agent.json', content: toJsonFile(agent) },
    { path: 'agent-card.json', content: toJsonFile(toAgentCard(agent)) },
    { path: 'agentspec.json', content: toJsonFile(toAgentSpec(member)) },
    { path: 'evals/cases.json', content: toJsonFile(cases) },
    { path: 'package.json', content: toPackageJson(contentOf(template, 'package.json'), member) },
    { path: 'package-lock.json', content: toPackageLock(contentOf(template, 'package-lock.json'), member) },
    {
      path: 'prompts/instructions.md',
      content: `${agent.definition.instructions.toWellFormed().trimEnd()}\n`,
    },
    { path: 'src/config.ts', content: toConfigSource(member) },
    { path: 'src/tools/index.ts', content: toToolIndexSource(tools, handOffs) },
    ...(handOffs.length === 0
      ? []
      : [{ path: 'src/tools/hand-offs.ts', content: toHandOffSource(handOffs) }]),
    ...tools.flatMap((tool) => [
      { path: `src/tools/${tool.file}.ts`, content: toToolSource(tool) },
      { path: `tests/tools/${tool.file}.spec.ts`, content: toToolTestSource(tool) },
    ]),
  ];
}

function contentOf(template: readonly BundleFile[], path: string): string {
  const file = template.find((candidate) => candidate.path === path);
  invariant(file !== undefined, `the template lacks ${path}`);
  return file.content;
}

/** What no tool of this agent uses is left out: unused code is read by whoever takes the project on. */
function isNeeded(path: string, member: BundleAgent, caseCount: number): boolean {
  if (path === 'package.json' || path === 'package-lock.json') return false;
  const modules = connectorKinds(member).map((kind) => CONNECTORS[kind].module);
  const connector = /^(?:src|tests)\/connectors\/(?<module>[a-z]+)(?:\.spec)?\.ts$/.exec(path)?.groups?.[
    'module'
  ];
  if (connector === 'request') return modules.length > 0 || member.handOffs.length > 0;
  if (connector === 'item') return modules.length > 0;
  if (connector !== undefined) return modules.some((module) => module === connector);
  if (path === 'tests/support/fake-system.ts') return modules.length > 0;
  if (/^(?:src|tests)\/hand-off(?:\.spec)?\.ts$/.test(path)) return member.handOffs.length > 0;
  return path !== 'tests/process.spec.ts' || caseCount > 0;
}

/** Reads the Dockerfile into its stages. It knows the instructions that the file uses, and refuses others. */
import { readFile } from 'node:fs/promises';
import { ROOT } from './root.ts';

export interface Copy {
  /** The stage that the files come from; the build context if absent. */
  readonly from?: string;
  readonly sources: readonly string[];
  readonly target: string;
}

export type Step =
  | { readonly kind: 'copy'; readonly copy: Copy; readonly workdir: string }
  | { readonly kind: 'run'; readonly command: string; readonly workdir: string };

export interface Stage {
  readonly name: string;
  /** The stage or the image that it begins with. */
  readonly base: string;
  readonly steps: readonly Step[];
  readonly env: Readonly<Record<string, string>>;
  readonly workdir: string;
  readonly user: string;
  readonly command: readonly string[];
  readonly healthcheck: string;
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** The stages in their order, with everything that they inherit but for the steps. */
export async function readDockerfile(args: Readonly<Record<string, string>> = {}): Promise<readonly Stage[]> {
  const text = await readFile(new URL('deploy/Dockerfile', ROOT), 'utf8');
  const lines = text
    .replaceAll(/^\s*#.*\n/gm, '')
    .replaceAll('\\\n', ' ')
    .split('\n')
    .filter((line) => line.trim() !== '');
  const values: Record<string, string> = { ...args };
  const stages: Mutable<Stage>[] = [];
  for (const line of lines) {
    const [, instruction = '', rest = ''] = /^(\w+)\s+(.*)$/.exec(line) ?? [];
    const value = rest.replaceAll(/\$\{(\w+)\}/g, (_, name: string) => values[name] ?? '');
    const stage = stages.at(-1);
    if (instruction === 'ARG') {
      const [name = '', preset] = value.split('=');
      values[name] ??= preset ?? '';
    } else if (instruction === 'FROM') stages.push(startStage(value, stages));
    else if (stage === undefined) throw new Error(`${instruction} before FROM`);
    else apply(stage, instruction, value);
  }
  return stages;
}

function startStage(value: string, stages: readonly Stage[]): Mutable<Stage> {
  const [base = '', , name = ''] = value.split(/\s+/);
  const parent = stages.find((stage) => stage.name === base);
  const inherited = parent ?? { env: {}, workdir: '/', user: 'root', command: [], healthcheck: '' };
  return { ...inherited, name, base, steps: [] };
}

function apply(stage: Mutable<Stage>, instruction: string, value: string): void {
  switch (instruction) {
    case 'WORKDIR':
      stage.workdir = value;
      return;
    case 'ENV':
      stage.env = { ...stage.env, ...Object.fromEntries(value.split(/\s+/).map((pair) => pair.split('='))) };
      return;
    case 'USER':
      stage.user = value;
      return;
    case 'CMD':
      stage.command = JSON.parse(value);
      return;
    case 'HEALTHCHECK':
      stage.healthcheck = value;
      return;
    case 'RUN':
      stage.steps = [...stage.steps, { kind: 'run', command: value, workdir: stage.workdir }];
      return;
    case 'COPY':
      stage.steps = [...stage.steps, { kind: 'copy', copy: parseCopy(value), workdir: stage.workdir }];
      return;
    default:
      throw new Error(`${instruction} is not understood here`);
  }
}

function parseCopy(value: string): Copy {
  const words = value.split(/\s+/);
  const from = words[0]?.startsWith('--from=') ? words.shift()?.slice('--from='.length) : undefined;
  const target = words.pop() ?? '';
  return { ...(from === undefined ? {} : { from }), sources: words, target };
}

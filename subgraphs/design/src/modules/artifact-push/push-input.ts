/** What callers of pushArtifact send. What is about the repository itself is checked by integrations. */
import { z } from 'zod';
import { invalidInput, parseInput } from '@flowgrid/platform';

const MAX_NAME_LENGTH = 200;

const name = z.string().min(1, 'must not be empty').max(MAX_NAME_LENGTH, 'is too long');

const schema = z.object({
  artifactId: z.string().nullish(),
  sessionId: z.string().nullish(),
  agent: name.nullish(),
  integrationId: z.string(),
  repository: name,
  baseBranch: name.nullish(),
  branch: name.nullish(),
  directory: z
    .string()
    .max(MAX_NAME_LENGTH, 'is too long')
    .transform((path) => path.replace(/^(\.?\/)+|\/+$/g, ''))
    .refine((path) => path === '' || isFolder(path), 'must be a relative path, or "." for the root')
    .nullish(),
});

export type PushArtifact = z.input<typeof schema>;

export type ArtifactChoice =
  | { readonly id: string }
  | { readonly sessionId: string; readonly kind: 'BUNDLE' };

export interface PushInput {
  readonly artifact: ArtifactChoice;
  readonly agent: string | null;
  readonly integrationId: string;
  readonly repository: string;
  readonly baseBranch: string | null;
  readonly branch: string | null;
  /** Empty for the root; null for the usual one. */
  readonly directory: string | null;
}

/** @throws InvalidInput. */
export function parsePush(input: PushArtifact): PushInput {
  const { artifactId, sessionId, ...rest } = parseInput(schema, input);
  const { agent = null, baseBranch = null, branch = null, integrationId, repository } = rest;
  const isRoot = rest.directory === '.';
  return {
    artifact: chooseArtifact(artifactId ?? null, sessionId ?? null),
    agent,
    integrationId,
    repository,
    baseBranch,
    branch,
    directory: isRoot ? '' : (rest.directory ?? null),
  };
}

function chooseArtifact(artifactId: string | null, sessionId: string | null): ArtifactChoice {
  if (artifactId !== null && sessionId === null) return { id: artifactId };
  if (sessionId !== null && artifactId === null) return { sessionId, kind: 'BUNDLE' };
  throw invalidInput('REQUIRED', 'Say either which artifact or which session.', ['artifactId']);
}

function isFolder(path: string): boolean {
  const parts = path.split('/');
  return path === '.' || parts.every((part) => /^[\w-][\w. -]*$/.test(part) && !part.endsWith('.'));
}

/** Pull requests at a tenant's GitHub, through the integrations subgraph. */
import { z } from 'zod';
import type { UserError } from '@flowgrid/platform';
import type { CallOptions } from './agents-client.ts';
import { callGraphQL } from './graphql-call.ts';
import type { ServiceClient } from './outside-call.ts';

export interface PullRequestToOpen {
  readonly integrationId: string;
  readonly repository: string;
  readonly baseBranch: string | null;
  readonly branch: string;
  readonly title: string;
  readonly body: string;
  readonly files: readonly { readonly path: string; readonly content: string }[];
}

export type OpenedPullRequest = z.output<typeof pullRequestSchema>;

export interface PullRequestClient {
  /** Safe to repeat: branch and pull request are found again. @throws OutsideError. */
  open(
    pullRequest: PullRequestToOpen,
    options: CallOptions,
  ): Promise<{ readonly pullRequest: OpenedPullRequest | null; readonly errors: readonly UserError[] }>;
}

const OPEN = `mutation PushArtifactOpen($input: CreatePullRequestInput!) {
  createPullRequest(input: $input) { pullRequest { url number isNew } errors { code message path } } }`;

const pullRequestSchema = z.object({
  url: z.url({ protocol: /^https?$/ }),
  number: z.int(),
  isNew: z.boolean(),
});
const schema = z.object({
  createPullRequest: z.object({
    pullRequest: pullRequestSchema.nullable(),
    errors: z.array(z.object({ code: z.string(), message: z.string(), path: z.array(z.string()) })),
  }),
});

export function createPullRequestClient(client: ServiceClient): PullRequestClient {
  return {
    open: async (input, options) => {
      const call = { service: 'integrations', client, query: OPEN, variables: { input }, schema };
      const { createPullRequest } = await callGraphQL({ ...call, ...options });
      return createPullRequest;
    },
  };
}

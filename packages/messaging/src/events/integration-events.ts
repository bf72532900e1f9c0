/** Events about a tenant's connections to other systems; never their credentials. */
import { z } from 'zod';
import type { EventDefinition } from './define-event.ts';

export const integrationSnapshot = z.object({
  id: z.uuid(),
  kind: z.enum(['GITHUB', 'JIRA', 'SERVICENOW']),
  name: z.string(),
  baseUrl: z.string(),
  status: z.enum(['UNTESTED', 'HEALTHY', 'DEGRADED', 'BROKEN']),
  lastError: z.string().nullable(),
  lastTestedAt: z.iso.datetime().nullable(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
});

const integration = integrationSnapshot;
const source = '/integrations';

export const INTEGRATION_EVENTS = {
  'integration.created': {
    version: 2,
    source,
    description: 'A connection to another system was set up.',
    data: z.object({ integration }),
  },
  'integration.updated': {
    version: 2,
    source,
    description: 'The name, the address or the credential of a connection was changed.',
    data: z.object({
      integration,
      changedFields: z
        .array(z.enum(['name', 'baseUrl', 'requestsPerMinute', 'credential']))
        .readonly()
        .describe('what was changed; of a credential only that it was'),
    }),
  },
  'integration.credential_rotated': {
    version: 2,
    source,
    description: 'The credential of a connection was replaced.',
    data: z.object({ integration }),
  },
  'integration.tested': {
    version: 2,
    source,
    description: 'A connection was tried against the system at its other end.',
    data: z.object({
      integration,
      ok: z.boolean(),
      message: z.string(),
      isRecorded: z
        .boolean()
        .describe('false when address or credential changed meanwhile: the status is not of this test'),
    }),
  },
  'integration.status_changed': {
    version: 1,
    source,
    description:
      'Requests showed that a connection works, works badly or does not work. What a test finds is integration.tested.',
    data: z.object({
      integration,
      from: integration.shape.status,
      to: integration.shape.status,
      reason: z.string().describe('for people, what to do about it'),
    }),
  },
  'integration.deleted': {
    version: 2,
    source,
    description: 'A connection was removed with its credential. The data is the last one.',
    data: z.object({ integration }),
  },
  'integration.linked': {
    version: 2,
    source,
    description: 'An agent may use the connection.',
    data: z.object({ integration, agentId: z.uuid() }),
  },
  'integration.unlinked': {
    version: 2,
    source,
    description: 'An agent may not use the connection any more.',
    data: z.object({ integration, agentId: z.uuid() }),
  },
  'integration.pull_request_opened': {
    version: 1,
    source,
    description:
      'Files were proposed to a repository: a pull request was opened, or one that is open got them.',
    data: z.object({
      integration,
      pullRequest: z.object({
        repository: z.string(),
        branch: z.string(),
        url: z.string(),
        number: z.number().int(),
        isNew: z.boolean().describe('false when it was open already'),
        fileCount: z.number().int(),
      }),
    }),
  },
} as const satisfies Record<string, EventDefinition>;

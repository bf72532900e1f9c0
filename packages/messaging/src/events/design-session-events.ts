/** Events about design sessions: how far a design is and what became of it, not its content. */
import { z } from 'zod';
import type { EventDefinition } from './define-event.ts';

export const designSessionSnapshot = z.object({
  id: z.uuid(),
  title: z.string(),
  target: z.string().describe('what the code is generated for'),
  state: z.enum(['QUEUED', 'RUNNING', 'AWAITING_REVIEW', 'SUCCEEDED', 'FAILED', 'CANCELLED']),
  phase: z.enum(['CONTEXT', 'ANALYSIS', 'DESIGN', 'VALIDATION', 'CODE', 'MODEL', 'DONE']),
  percent: z.int().min(0).max(100),
  agentId: z.uuid().nullable().describe('the agent under redesign, or the one that was accepted'),
  isRedesign: z.boolean(),
  createdByUserId: z.uuid().nullable(),
  createdAt: z.iso.datetime(),
});

const session = designSessionSnapshot;
const failure = z.object({
  phase: z.string(),
  code: z.string(),
  message: z.string(),
  retryable: z.boolean(),
});

const revision = z.int().min(1).describe('number of the design revision within the session');

const source = '/design';

export const DESIGN_SESSION_EVENTS = {
  'design_session.started': {
    version: 1,
    source,
    description: 'Somebody asked for a design; it is queued.',
    data: z.object({ session }),
  },
  'design_session.review_requested': {
    version: 1,
    source,
    description: 'The process model is ready, and the design waits for a person to approve it.',
    data: z.object({ session }),
  },
  'design_session.approved': {
    version: 1,
    source,
    description: 'The process model was approved; the design goes on.',
    data: z.object({ session }),
  },
  'design_session.refined': {
    version: 1,
    source,
    description: 'Somebody said what is to be different; the design is queued again, as a new revision.',
    data: z.object({ session, revision }),
  },
  'design_session.process_model_updated': {
    version: 1,
    source,
    description:
      'Somebody edited the process model. A design that waits for review goes on waiting; another is queued again, as a new revision.',
    data: z.object({
      session,
      revision,
      processRevision: z.int().min(1).describe('revision of the process model'),
    }),
  },
  'design_session.cancelled': {
    version: 1,
    source,
    description: 'Somebody ended the design before it was done.',
    data: z.object({ session }),
  },
  'design_session.retried': {
    version: 1,
    source,
    description: 'A failed or cancelled design was taken up again; it is queued.',
    data: z.object({ session }),
  },
  'design_session.succeeded': {
    version: 1,
    source,
    description: 'The design is done and can be accepted.',
    data: z.object({ session }),
  },
  'design_session.failed': {
    version: 1,
    source,
    description: 'The design ended with a failure.',
    data: z.object({ session, failure }),
  },
  'design_session.refused': {
    version: 1,
    source,
    description:
      'A design that a rule asked for was not started. The subject is the session that would have been.',
    data: z.object({ request: z.object({ id: z.uuid(), ruleId: z.uuid() }), reason: z.string() }),
  },
  'design_session.pushed': {
    version: 1,
    source,
    description: 'Code of the design was proposed to a repository, as a pull request.',
    data: z.object({
      session,
      artifactId: z.uuid(),
      revision,
      integrationId: z.uuid(),
      repository: z.string(),
      branch: z.string(),
      url: z.string(),
      number: z.int(),
      isNew: z.boolean().describe('false when the pull request was open already'),
    }),
  },
  'design_session.accepted': {
    version: 1,
    source,
    description: 'The design became agents, or the next versions of agents that it had become or redesigns.',
    data: z.object({
      session,
      agentId: z.uuid().describe('the first agent'),
      agentIds: z.array(z.uuid()).describe('all agents, the first included'),
      revision,
    }),
  },
} as const satisfies Record<string, EventDefinition>;

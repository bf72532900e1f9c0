/** The GraphQL operations of the demo, and the shapes of their answers. */
import { z } from 'zod';

const UserErrors = z.array(z.object({ code: z.string(), message: z.string(), path: z.array(z.string()) }));

export const START_DESIGN = `mutation StartDesign($input: StartDesignInput!) {
  startDesign(input: $input) { session { id } errors { code message path } }
}`;
export const StartDesign = z.object({
  startDesign: z.object({ session: z.object({ id: z.string() }).nullable(), errors: UserErrors }),
});

export const DESIGN_PROGRESS = `subscription DesignProgress($sessionId: ID!, $after: Int!) {
  designProgress(sessionId: $sessionId, after: $after) { sequence phase state percent message }
}`;
export const DesignProgress = z.object({
  designProgress: z.object({
    sequence: z.int(),
    phase: z.string(),
    state: z.string(),
    percent: z.int(),
    message: z.string(),
  }),
});

export const DESIGN_RESULT = `query DesignResult($id: ID!) {
  designSession(id: $id) {
    state
    failure { phase message retryable }
    processModel {
      actors { id name }
      systems { id name integrationKind }
      activities { id verb object actorId recipientId systemIds }
      gateways { kind conditions }
      rules { kind description }
      openQuestions { question }
    }
    definition { tools { name } guardrails { description } }
    artifacts { name mediaType size url }
  }
}`;
const Named = z.object({ id: z.string(), name: z.string() });
export const DesignResult = z.object({
  designSession: z.object({
    state: z.string(),
    failure: z.object({ phase: z.string(), message: z.string(), retryable: z.boolean() }).nullable(),
    processModel: z
      .object({
        actors: z.array(Named),
        systems: z.array(Named.extend({ integrationKind: z.string().nullable() })),
        activities: z.array(
          z.object({
            id: z.string(),
            verb: z.string(),
            object: z.string().nullable(),
            actorId: z.string().nullable(),
            recipientId: z.string().nullable(),
            systemIds: z.array(z.string()),
          }),
        ),
        gateways: z.array(z.object({ kind: z.string(), conditions: z.array(z.string()) })),
        rules: z.array(z.object({ kind: z.string(), description: z.string() })),
        openQuestions: z.array(z.object({ question: z.string() })),
      })
      .nullable(),
    definition: z
      .object({
        tools: z.array(z.object({ name: z.string() })),
        guardrails: z.array(z.object({ description: z.string() })),
      })
      .nullable(),
    artifacts: z.array(z.object({ name: z.string(), mediaType: z.string(), size: z.int(), url: z.url() })),
  }),
});
export type DesignResult = z.infer<typeof DesignResult>['designSession'];

export const ACCEPT_DESIGN = `mutation AcceptDesign($input: AcceptDesignInput!) {
  acceptDesign(input: $input) {
    agent { id slug name status draft { number } owner { name } }
    errors { code message path }
  }
}`;
export const AcceptDesign = z.object({
  acceptDesign: z.object({
    agent: z
      .object({
        id: z.string(),
        slug: z.string(),
        name: z.string(),
        status: z.string(),
        draft: z.object({ number: z.int() }),
        owner: z.object({ name: z.string() }).nullable(),
      })
      .nullable(),
    errors: UserErrors,
  }),
});
export type AcceptedAgent = NonNullable<z.infer<typeof AcceptDesign>['acceptDesign']['agent']>;

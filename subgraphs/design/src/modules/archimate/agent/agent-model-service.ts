/** Draws the model of an agent of which the router brings the definition. */
import { requirePermission, type ServiceRequest } from '@flowgrid/access';
import { z } from 'zod';
import type { ProposedAgent } from '../../proposal/proposal.ts';
import { toServiceError } from '../service-error.ts';
import type { ArchimateWorkshop } from '../thread/archimate-workshop.ts';
import type { TenantTurns } from '../thread/tenant-turns.ts';

export interface AgentModelServiceOptions {
  readonly workshop: ArchimateWorkshop;
  readonly turns: TenantTurns;
  readonly signal: AbortSignal;
}

export interface AgentModel {
  readonly version: number;
  readonly name: string;
  readonly xml: string;
}

const named = z.object({ name: z.string(), description: z.string() });

const versionSchema = z.object({
  number: z.number(),
  definition: z.object({
    model: z.object({ provider: z.string(), name: z.string() }),
    tools: z.array(named.extend({ integrationKind: z.enum(['GITHUB', 'JIRA', 'SERVICENOW']).nullable() })),
    skills: z.array(named),
    guardrails: z.array(
      z.object({
        kind: z.enum(['DEADLINE', 'OBLIGATION', 'PROHIBITION', 'APPROVAL', 'THRESHOLD']),
        description: z.string(),
      }),
    ),
  }),
});

/** What the schema's `@requires` asks of the agents service. */
const agentSchema = z.object({
  name: z.string(),
  description: z.string(),
  draft: versionSchema,
  publishedVersion: versionSchema.nullable(),
});

export type AgentModelService = ReturnType<typeof createAgentModelService>;

export function createAgentModelService({ workshop, turns, signal }: AgentModelServiceOptions) {
  return {
    draw: async (
      request: ServiceRequest,
      representation: unknown,
      wanted: 'DRAFT' | 'PUBLISHED',
    ): Promise<AgentModel | null> => {
      const { tenantId } = requirePermission(request.viewer, 'design:read');
      const agent = agentSchema.parse(representation);
      const version = wanted === 'DRAFT' ? agent.draft : agent.publishedVersion;
      if (version === null) return null;
      const agents = [toProposed(agent, version)];
      const input = { name: agent.name, processModel: null, agents, automation: [], approvals: [] };
      try {
        const { xml } = await turns.run(tenantId, () => workshop.draw(input, signal));
        return { version: version.number, name: `${toFileName(agent.name)}-archimate.xml`, xml };
      } catch (error) {
        throw toServiceError(error);
      }
    },
  };
}

function toProposed(
  { name, description }: z.output<typeof agentSchema>,
  { definition }: z.output<typeof versionSchema>,
): ProposedAgent {
  const { model, tools, skills, guardrails } = definition;
  return {
    key: 'agent',
    name,
    summary: description,
    handsOffTo: [],
    definition: {
      instructions: '',
      model: { ...model, temperature: null, maxOutputTokens: null },
      tools: tools.map((tool) => ({ ...tool, inputSchema: {}, outputSchema: null, requiresApproval: false })),
      skills: skills.map((skill, index) => ({ ...skill, id: `skill-${index + 1}`, tags: [], examples: [] })),
      guardrails: guardrails.map((guardrail, index) => ({ ...guardrail, id: `guardrail-${index + 1}` })),
      inputModes: [],
      outputModes: [],
      settings: {},
    },
  };
}

function toFileName(name: string): string {
  const plain = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
  return plain.slice(0, 60) || 'agent';
}

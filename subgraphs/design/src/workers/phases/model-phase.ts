/** MODEL: the agent and its process as an ArchiMate exchange file. */
import { toArchimateExchange } from '../../modules/archimate/to-archimate-exchange.ts';
import { storeArtifacts } from '../../modules/artifact/artifact-store.ts';
import { firstAgent } from '../../modules/proposal/proposal.ts';
import { count, resultOf, type Phase } from '../phase.ts';
import { requireStorable } from './code-phase.ts';
import { designSchema, modelOf } from './design-phase.ts';
import { toSlug } from './slug.ts';

export const modelPhase: Phase = async (input) => {
  const { session, results } = input;
  const { name, definition } = firstAgent(resultOf(results, 'DESIGN', designSchema).proposal);
  const xml = toArchimateExchange({ name, processModel: modelOf(input), definition });
  const artifact = {
    kind: 'ARCHIMATE',
    name: `${toSlug(name)}-archimate.xml`,
    mediaType: 'application/xml',
    content: new TextEncoder().encode(xml),
  } as const;
  requireStorable([artifact]);
  const elements = xml.match(/<element /g)?.length ?? 0;
  const relationships = xml.match(/<relationship /g)?.length ?? 0;
  return {
    message: `${count(elements, 'element')} and ${count(relationships, 'relationship')} of ArchiMate drawn.`,
    result: {},
    store: (tx, tenantId, now) => storeArtifacts(tx, { tenantId, session, artifacts: [artifact], now }),
  };
};

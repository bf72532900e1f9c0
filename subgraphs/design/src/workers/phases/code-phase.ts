/** CODE: the agents as TypeScript projects, and the process model as a file. */
import type { NewArtifact } from '../../modules/artifact/artifact.ts';
import { ARTIFACT_LIMIT_BYTES, storeArtifacts } from '../../modules/artifact/artifact-store.ts';
import { BundleTooLargeError } from '../../modules/code/bundle.ts';
import type { BundleFile, BundleInput } from '../../modules/code/bundle.ts';
import { generateBundle } from '../../modules/code/generate-bundle.ts';
import { zipBundle } from '../../modules/code/zip-bundle.ts';
import { count, PhaseFailure, resultOf, type Phase } from '../phase.ts';
import { firstAgent } from '../../modules/proposal/proposal.ts';
import { designSchema, modelOf } from './design-phase.ts';
import { toSlug } from './slug.ts';

export const codePhase: Phase = async (input) => {
  const { session, results } = input;
  const processModel = modelOf(input);
  const { proposal } = resultOf(results, 'DESIGN', designSchema);
  const { agents, testCases, automation } = proposal;
  const slug = toSlug(firstAgent(proposal).name);
  const { title, target } = session;
  const files = bundleOf({ target, title, agents, processModel, testCases, automation });
  const bundle = zipBundle(files);
  const artifacts: readonly NewArtifact[] = [
    { kind: 'BUNDLE', name: `${slug}.zip`, mediaType: 'application/zip', content: bundle },
    {
      kind: 'PROCESS_MODEL',
      name: `${slug}-process.json`,
      mediaType: 'application/json',
      content: new TextEncoder().encode(`${JSON.stringify(processModel, null, 2)}\n`),
    },
  ];
  requireStorable(artifacts);
  return {
    message: `${count(files.length, 'file')} of TypeScript, ${Math.ceil(bundle.byteLength / 1024)} kB as a zip.`,
    result: {},
    store: (tx, tenantId, now) => storeArtifacts(tx, { tenantId, session, artifacts, now }),
  };
};

function bundleOf(input: BundleInput): readonly BundleFile[] {
  try {
    return generateBundle(input).files;
  } catch (error) {
    if (!(error instanceof BundleTooLargeError)) throw error;
    throw new PhaseFailure(
      { code: 'ARTIFACT_TOO_LARGE', message: error.message, retryable: false },
      { cause: error },
    );
  }
}

export function requireStorable(artifacts: readonly NewArtifact[]): void {
  const tooLarge = artifacts.find(({ content }) => content.byteLength > ARTIFACT_LIMIT_BYTES);
  if (!tooLarge) return;
  throw new PhaseFailure({
    code: 'ARTIFACT_TOO_LARGE',
    message: `${tooLarge.name} is larger than ${ARTIFACT_LIMIT_BYTES / 1024 / 1024} MB. Shorten the description.`,
    retryable: false,
  });
}

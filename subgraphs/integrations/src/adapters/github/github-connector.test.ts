import { describeConnector } from '../connector-contract.ts';
import { startGitHubBench } from '../../testkit/github-bench.ts';

describeConnector('GitHub', () => startGitHubBench('CLOUD'));
describeConnector('GitHub Enterprise Server', () => startGitHubBench('ENTERPRISE'));

import { describeConnector } from '../connector-contract.ts';
import { startJiraBench } from '../../testkit/jira-bench.ts';

describeConnector('Jira Cloud', () => startJiraBench({ edition: 'CLOUD' }));
describeConnector('Jira Data Center', () =>
  startJiraBench({ edition: 'DATA_CENTER', majorVersion: 10, timeZone: 'America/St_Johns' }),
);

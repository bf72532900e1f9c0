import { describeConnector } from '../connector-contract.ts';
import { startServiceNowBench } from '../../testkit/servicenow/bench.ts';

describeConnector('ServiceNow', startServiceNowBench, { registersWebhooks: false });

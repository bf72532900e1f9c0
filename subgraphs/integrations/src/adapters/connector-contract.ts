/** What every connector does, whichever system is behind it: one suite, run by a test of each against its fake vendor. */
import { OutsidePolicies, createLogger, createMetrics, newId } from '@flowgrid/platform';
import { createOutbound, type Outbound } from '@flowgrid/outbound';
import { afterEach, beforeEach, describe } from 'vitest';
import type { Connection } from './connection.ts';
import type { Capability, Connector } from './connector.ts';
import { checkSuite } from './contract/check-suite.ts';
import { failureSuite } from './contract/failure-suite.ts';
import { itemSuite } from './contract/item-suite.ts';
import { syncSuite } from './contract/sync-suite.ts';
import { noWebhookSuite, webhookSuite } from './contract/webhook-suite.ts';
import { writeSuite } from './contract/write-suite.ts';

/** How the fake vendor answers instead of doing what it is asked. */
export type VendorFault =
  | 'UNAUTHORIZED'
  | 'FORBIDDEN'
  | 'LIMITED'
  | 'BROKEN'
  | 'MALFORMED'
  | 'PAGE'
  | 'OTHER'
  | 'SLOW'
  | 'DROPPED';

export interface TestAccount {
  /** The `authorization` header. */
  readonly authorization: string;
  /** As `Connection.knownLogin`. */
  readonly knownLogin: string | null;
}

/** A fake vendor that starts empty, and what a person does there. Each test has one of its own. */
export interface VendorBench extends AsyncDisposable {
  readonly connector: Connector;
  readonly host: string;
  readonly baseUrl: string;
  /** May do everything. */
  readonly account: TestAccount;
  /** What `check` says of whose the account is. */
  readonly login: string;
  /** A valid account that may not do `missing`, and whose check can tell. */
  readonly limited: TestAccount & { readonly missing: readonly Capability[] };
  /** Where items are made, and what is synchronised. */
  readonly container: string;
  /** Well-formed, and nothing has it. */
  readonly unknownKey: string;
  /** Cannot be keys: nothing is asked for them. */
  readonly hostileKeys: readonly string[];
  /** A kind of item by its name there, as a draft may ask for it. */
  readonly itemType: string;
  /** The scope of a webhook; null where it is for everything. */
  readonly webhookScope: string | null;
  /** Somebody makes an item in the container. Its key. */
  addItem(item: { readonly title: string; readonly updatedAt: Date }): string;
  /** Somebody changes an item. */
  changeItem(key: string, updatedAt: Date): void;
  /** How many items there are. */
  itemCount(): number;
  commentsOf(key: string): readonly string[];
  /** As `ExternalItem.state` has it. */
  stateOf(key: string): string;
  /** Addresses of the webhooks that are registered there. */
  webhookUrls(): readonly string[];
  /** From the request after `after` others on (0), `times` answers (1) are this one. It replaces what was told before; 0 times ends it. */
  fail(fault: VendorFault, options?: { readonly after?: number; readonly times?: number }): void;
  /** `METHOD path` of each request so far. */
  readonly requests: readonly string[];
}

/** What the suites get: the vendor of the test, and connections to it. */
export interface ContractTools {
  readonly bench: () => VendorBench;
  /** A connection that nothing failed for yet. */
  readonly connect: (account?: TestAccount) => Connection;
  /** The same, and it soon gives up waiting: for answers that never end. */
  readonly connectImpatiently: () => Connection;
}

const DEADLINE_MS = 10_000;
const IMPATIENT_DEADLINE_MS = 200;
const MAX_RESPONSE_BYTES = 8 * 1024 * 1024;

export function describeConnector(
  name: string,
  start: () => Promise<VendorBench>,
  { registersWebhooks = true }: { readonly registersWebhooks?: boolean } = {},
): void {
  describe(`${name} as a connector`, () => {
    let bench: VendorBench;
    let outbound: Outbound;
    let impatient: Outbound;

    beforeEach(async () => {
      bench = await start();
      outbound = openOutbound(bench.host, DEADLINE_MS);
      impatient = openOutbound(bench.host, IMPATIENT_DEADLINE_MS);
    });
    afterEach(async () => {
      await impatient[Symbol.asyncDispose]();
      await outbound[Symbol.asyncDispose]();
      await bench[Symbol.asyncDispose]();
    });

    const tools: ContractTools = {
      bench: () => bench,
      connect: (account = bench.account) => openConnection(bench, { account, outbound }),
      connectImpatiently: () => openConnection(bench, { account: bench.account, outbound: impatient }),
    };
    checkSuite(tools);
    itemSuite(tools);
    writeSuite(tools);
    syncSuite(tools);
    if (registersWebhooks) webhookSuite(tools);
    else noWebhookSuite(tools);
    failureSuite(tools);
  });
}

function openOutbound(host: string, deadlineMs: number): Outbound {
  const [hostname = '', port = ''] = host.split(':');
  return createOutbound({
    policies: new OutsidePolicies({
      logger: createLogger({ name: 'test', level: 'silent' }),
      metrics: createMetrics('test'),
    }),
    allowed: [{ hostname, port }],
    deadlineMs,
    maxResponseBytes: MAX_RESPONSE_BYTES,
  });
}

function openConnection(
  { baseUrl }: VendorBench,
  { account, outbound }: { readonly account: TestAccount; readonly outbound: Outbound },
): Connection {
  const { authorization, knownLogin } = account;
  const id = newId();
  return {
    id,
    baseUrl,
    apiUrl: baseUrl,
    knownLogin,
    fetch: (url, init = {}) =>
      outbound.fetch(url, { ...init, connection: id, headers: { ...init.headers, authorization } }),
  };
}

/**
 * Receives what other systems send. Whether a hook is unknown, disabled or another tenant's, or a signature wrong, the answer is
 * the same, after the same work.
 */
import { createHash, randomBytes } from 'node:crypto';
import { FlowgridError, type Clock, type Logger } from '@flowgrid/platform';
import type { RateLimits } from '@flowgrid/shared-state';
import { HOOK_DIALECTS } from '../../adapters/hooks/hook-dialects.ts';
import type {
  HookHeaders,
  HookKind,
  HookMessage,
  HookVerification,
} from '../../adapters/hooks/hook-dialect.ts';
import { isSigned } from '../../adapters/hooks/signatures.ts';
import type { IntegrationsDatabase } from '../../database.ts';
import { SealError, type SecretBox } from '../credential/secret-box.ts';
import type { WorkAnnouncer } from './announce-work.ts';
import { insertDelivery } from './delivery-store.ts';
import { isAddress, placeOf } from './hook-secret.ts';
import { findHookByAddress, findHookWithSecrets, type HookKey, type HookWithSecrets } from './hook-store.ts';
import { RecentMap } from './recent-map.ts';

export interface HookReceiverOptions {
  readonly database: IntegrationsDatabase;
  readonly secretBox: SecretBox;
  readonly rateLimits: RateLimits;
  readonly announceWork: WorkAnnouncer;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Messages per minute that one hook takes from one client address, and that such an address may send to all of them. */
  readonly limits: { readonly perHook: number; readonly perClient: number };
}

export type Reception =
  | { readonly outcome: 'RECEIVED' | 'REPEATED' | 'REFUSED' }
  | { readonly outcome: 'LIMITED'; readonly retryAfterSeconds: number };

/** What a signature is checked against. */
interface OpenHook {
  readonly key: HookKey;
  readonly kind: HookKind;
  readonly verification: HookVerification;
  readonly secrets: readonly string[];
}

/** How long a disabled hook or a former secret may still be taken. */
const OPEN_MS = 2_000;
const UNKNOWN_MS = 60_000;
const KNOWN_MS = 10 * 60_000;
const MAX_REMEMBERED = 10_000;
/** Addresses that are no hook's, by one client and minute: whoever tries more is looking for one. */
const MAX_GUESSES = 120;
const MINUTE = { windowSeconds: 60 };
const MAX_KEY_LENGTH = 200;
const MAX_HEADER_LENGTH = 500;
/** No tenant and no hook: asking for it costs what asking for one costs. */
const NOBODY: HookKey = {
  tenantId: '00000000-0000-4000-8000-000000000000',
  id: '00000000-0000-4000-8000-000000000000',
};

export class HookReceiver {
  readonly #options: HookReceiverOptions;
  readonly #open: RecentMap<Promise<OpenHook | null>>;
  readonly #unknown: RecentMap<true>;
  readonly #known: RecentMap<HookKey>;
  /** What a message to no hook is checked against. Nobody knows it. */
  readonly #decoy: OpenHook = {
    key: NOBODY,
    kind: 'GITHUB',
    verification: 'HMAC_SHA256',
    secrets: [randomBytes(32).toString('base64url')],
  };

  constructor(options: HookReceiverOptions) {
    this.#options = options;
    const { clock } = options;
    this.#open = new RecentMap({ clock, capacity: MAX_REMEMBERED, forMs: OPEN_MS });
    this.#unknown = new RecentMap({ clock, capacity: MAX_REMEMBERED, forMs: UNKNOWN_MS });
    this.#known = new RecentMap({ clock, capacity: MAX_REMEMBERED, forMs: KNOWN_MS });
  }

  /** Before anything of the message is read: null when it may come, else how many seconds to wait. */
  async admit(address: string, client: string): Promise<number | null> {
    const { rateLimits, limits } = this.#options;
    const byClient = await rateLimits.take(['hook-client', client], { ...MINUTE, limit: limits.perClient });
    if (!byClient.isAllowed) return byClient.retryAfterSeconds;
    // All that is no address counts as one hook. Of each client by itself: nothing is known of the sender yet, and a stranger
    // who has the address must not use up what the hook's own sender may send.
    const hook = isAddress(address) ? address : '';
    const byHook = await rateLimits.take(['hook', hook, client], { ...MINUTE, limit: limits.perHook });
    return byHook.isAllowed ? null : byHook.retryAfterSeconds;
  }

  async receive(address: string, client: string, message: HookMessage): Promise<Reception> {
    const isGuessing = this.#isNew(address) && !(await this.#mayGuess(client));
    const found = await this.#find(address, isGuessing);
    const hook = found ?? this.#decoy;
    const now = this.#options.clock.now();
    const isRight = isSigned(message, { ...hook, now });
    if (isRight && found !== null) return this.#store(hook, message);
    return isGuessing
      ? { outcome: 'LIMITED', retryAfterSeconds: MINUTE.windowSeconds }
      : { outcome: 'REFUSED' };
  }

  #isNew(address: string): boolean {
    const memories = [this.#open, this.#unknown, this.#known];
    return memories.every((memory) => memory.get(address) === undefined);
  }

  /** Whether disabled or never there, null. */
  async #find(address: string, isGuessing: boolean): Promise<OpenHook | null> {
    const remembered = this.#open.get(address);
    if (remembered !== undefined) return remembered;
    if (this.#unknown.get(address) === true) return null;
    const opening = this.#lookUp(address, isGuessing);
    this.#open.set(address, opening);
    try {
      return await opening;
    } catch (error) {
      this.#open.delete(address);
      throw error;
    }
  }

  async #lookUp(address: string, isGuessing: boolean): Promise<OpenHook | null> {
    const { database, clock, secretBox } = this.#options;
    const known =
      this.#known.get(address) ?? (isAddress(address) ? await findHookByAddress(database, address) : null);
    if (known === null && isGuessing) return null;
    const key = known ?? NOBODY;
    const stored = await database.readInTenant(key.tenantId, (tx) =>
      findHookWithSecrets(tx, key, clock.now()),
    );
    if (known === null || stored === null) {
      this.#known.delete(address);
      this.#unknown.set(address, true);
      return null;
    }
    this.#known.set(address, key);
    return stored.hook.isEnabled ? this.#unseal(key, stored, await secretBox.unlock(key.tenantId)) : null;
  }

  #unseal(
    key: HookKey,
    { hook, envelopes }: HookWithSecrets,
    opener: Awaited<ReturnType<SecretBox['unlock']>>,
  ): OpenHook | null {
    try {
      const secrets = envelopes.map((envelope) => opener.open(placeOf(hook.id), envelope));
      return { key, kind: hook.kind, verification: hook.verification, secrets };
    } catch (error) {
      if (!(error instanceof SealError)) throw error;
      this.#options.logger.error(
        { hookId: hook.id, reason: error.message },
        'the secret of a hook does not open',
      );
      return null;
    }
  }

  /**
   * Vendors send for many tenants from few addresses, and anybody can have them send to addresses that are nobody's. So who
   * guesses too much gets another answer and costs less, but what is signed for a hook is taken all the same.
   */
  async #mayGuess(client: string): Promise<boolean> {
    const rate = { ...MINUTE, limit: MAX_GUESSES };
    return (await this.#options.rateLimits.take(['hook-guess', client], rate)).isAllowed;
  }

  async #store(hook: OpenHook, message: HookMessage): Promise<Reception> {
    const { database, announceWork, logger } = this.#options;
    const dialect = HOOK_DIALECTS[hook.kind];
    const { key, event } = dialect.name(message);
    const { tenantId, id: hookId } = hook.key;
    const delivery = {
      tenantId,
      hookId,
      deliveryKey: toKey(key, message.body),
      event: event?.slice(0, MAX_KEY_LENGTH) ?? null,
      headers: keptHeaders(message.headers, dialect.keptHeaders),
      body: message.body,
    };
    try {
      const id = await database.writeInTenant(tenantId, (tx) => insertDelivery(tx, delivery));
      if (id === null) return { outcome: 'REPEATED' };
      announceWork({ tenantId, deliveryId: id });
      return { outcome: 'RECEIVED' };
    } catch (error) {
      if (error instanceof FlowgridError) throw error;
      // The message of the database's own error may quote what was to be written.
      const isGone = await this.#isGone(hook.key);
      if (isGone) return { outcome: 'REFUSED' };
      logger.error({ hookId, bytes: message.body.length }, 'a message could not be stored');
      throw new FlowgridError('SERVICE_UNAVAILABLE', 'The message could not be stored. Send it again.');
    }
  }

  /** The hook was deleted since it was remembered. */
  async #isGone(key: HookKey): Promise<boolean> {
    const { database, clock } = this.#options;
    const stored = await database.readInTenant(key.tenantId, (tx) =>
      findHookWithSecrets(tx, key, clock.now()),
    );
    return stored === null;
  }
}

/** A message without a name is known by what it says. */
function toKey(key: string | null, body: Buffer): string {
  if (key !== null && key !== '' && key.length <= MAX_KEY_LENGTH) return key;
  const hash = createHash('sha256');
  if (key !== null) hash.update(key);
  return `sha256:${hash.update(body).digest('hex')}`;
}

function keptHeaders(headers: HookHeaders, names: readonly string[]): HookHeaders {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = headers[name];
      return value === undefined ? [] : [[name, value.slice(0, MAX_HEADER_LENGTH)]];
    }),
  );
}

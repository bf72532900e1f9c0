/** One client's socket: who it is, and for how long that holds. */
import { FlowgridError, type Clock, type Logger } from '@flowgrid/platform';
import type { EpochKey } from '@flowgrid/shared-state';
import type { RouterContext } from '../gateway/request.ts';
import { readBearer } from '../identity/bearer.ts';
import type { Identity, ResolvedViewer } from '../identity/identity.ts';
import type { Caller } from '../limits/rate-limiter.ts';

export interface SocketSessionOptions {
  readonly identity: Identity;
  readonly logger: Logger;
  readonly checkIntervalMs: number;
  readonly clock: Clock;
  readonly clientAddress: string | null;
  /** For one operation, or one event of a subscription. */
  readonly operationTimeoutMs: number;
  readonly close: (code: number, reason: string) => void;
}

/** The router ends; the client goes on at another one. */
export const GOING_AWAY = 1001;
/** The token expired, was revoked, or never was valid. */
const UNAUTHORIZED = 4401;
/** The client asks for more than a socket carries, and does not stop asking. */
const TOO_MANY_REQUESTS = 4429;
const MAX_REFUSALS = 100;
/** Timers cannot wait longer than this. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export class SocketSession {
  readonly #options: SocketSessionOptions;
  readonly #ended = new AbortController();
  #bearer: string | null = null;
  #refusals = 0;
  /** Queries and mutations that are being answered. */
  #running = 0;
  #onIdle: (() => void) | null = null;
  #resolved: ResolvedViewer | null = null;
  #expiry: NodeJS.Timeout | undefined;
  #checks: NodeJS.Timeout | undefined;

  constructor(options: SocketSessionOptions) {
    this.#options = options;
  }

  /**
   * False when the socket is refused: there is nothing on it that could be done without signing in.
   * @throws FlowgridError `UNAUTHENTICATED` or `SERVICE_UNAVAILABLE`.
   */
  async begin(authorization: unknown): Promise<boolean> {
    const { identity, checkIntervalMs } = this.#options;
    this.#bearer = readBearer(authorization);
    if (this.#bearer === null && identity.isEnabled) return false;
    await this.#resolve();
    if (this.#ended.signal.aborted) return false;
    if (identity.isEnabled) this.#checks = setInterval(() => void this.check(), checkIntervalMs);
    return true;
  }

  /** Who sends the operations of the socket. */
  get caller(): Caller {
    return { actor: this.#resolved?.actor ?? null, clientAddress: this.#options.clientAddress };
  }

  isGrantedUnder(key: EpochKey): boolean {
    return this.#resolved?.isGrantedUnder(key) ?? false;
  }

  /** Asks whether the token still holds, and closes the socket if it does not. Never rejects. */
  async check(): Promise<void> {
    if (this.#resolved === null || this.#ended.signal.aborted) return;
    try {
      await this.#resolve();
    } catch (error) {
      if (error instanceof FlowgridError && error.code === 'UNAUTHENTICATED') this.expire();
      else this.#options.logger.warn({ err: error }, 'a socket could not be checked');
    }
  }

  /**
   * Context for one operation, or one event of a stream. A token that no longer holds closes the socket.
   * @throws FlowgridError `UNAUTHENTICATED` or `SERVICE_UNAVAILABLE`.
   */
  async contextFor(requestId: string): Promise<RouterContext> {
    const deadlineAt = performance.now() + this.#options.operationTimeoutMs;
    try {
      const { viewer } = await this.#resolve();
      return {
        viewer,
        requestId,
        clientAddress: this.#options.clientAddress,
        traceparent: null,
        signal: this.#ended.signal,
        deadlineAt,
        onTokenRefused: () => this.#options.identity.drop(this.#bearer),
      };
    } catch (error) {
      if (error instanceof FlowgridError && error.code === 'UNAUTHENTICATED') this.#expireAfterError();
      throw error;
    }
  }

  /** Notes an operation beyond what a socket carries; each costs work, so their number is bounded too. */
  noteRefusal(): void {
    this.#refusals += 1;
    if (this.#refusals > MAX_REFUSALS) this.close(TOO_MANY_REQUESTS, 'Too many operations');
  }

  /** Counts a query or mutation as under way until the result is disposed of. */
  run(): Disposable {
    this.#running += 1;
    return {
      [Symbol.dispose]: () => {
        this.#running -= 1;
        // Its answer is on its way once this turn is over.
        if (this.#running === 0) setImmediate(() => this.#onIdle?.());
      },
    };
  }

  /** Closes the socket because the router ends, after the answers that are under way. */
  async leave(): Promise<void> {
    if (this.#running > 0) {
      await new Promise<void>((resolve) => {
        const earlier = this.#onIdle;
        this.#onIdle = () => {
          earlier?.();
          resolve();
        };
      });
    }
    this.close(GOING_AWAY, 'Going away');
  }

  close(code: number, reason: string): void {
    this.#options.close(code, reason);
  }

  expire(): void {
    this.close(UNAUTHORIZED, 'Unauthorized');
  }

  end(): void {
    clearTimeout(this.#expiry);
    clearInterval(this.#checks);
    this.#ended.abort();
  }

  /** The error of the operation goes out first. */
  #expireAfterError(): void {
    setImmediate(() => this.expire());
  }

  async #resolve(): Promise<ResolvedViewer> {
    const resolved = await this.#options.identity.resolve(this.#bearer);
    if (resolved.accessTokenExpiresAt?.getTime() !== this.#resolved?.accessTokenExpiresAt?.getTime()) {
      this.#closeAt(resolved.accessTokenExpiresAt);
    }
    this.#resolved = resolved;
    return resolved;
  }

  #closeAt(expiresAt: Date | null): void {
    clearTimeout(this.#expiry);
    if (expiresAt === null || this.#ended.signal.aborted) return;
    const wait = Math.min(
      Math.max(0, expiresAt.getTime() - this.#options.clock.now().getTime()),
      MAX_TIMER_MS,
    );
    this.#expiry = setTimeout(() => this.expire(), wait);
  }
}

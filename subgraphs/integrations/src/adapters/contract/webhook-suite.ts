/** Webhooks that a connector registers, or that it says that it cannot. */
import { describe, expect, it } from 'vitest';
import type { ContractTools } from '../connector-contract.ts';
import type { WebhookRegistrar } from '../connector.ts';
import { until } from './until.ts';

const URL = 'https://flowgrid.example.test/hooks/0123456789abcdef';
const SECRET = 'a-secret-of-the-hook-0123456789abcdef';

export function webhookSuite({ bench, connect }: ContractTools): void {
  const registrar = (): WebhookRegistrar => {
    const { webhooks } = bench().connector;
    if (!webhooks) throw new Error('It registers no webhooks.');
    return webhooks;
  };
  const wanted = () => ({ url: URL, secret: SECRET, scope: bench().webhookScope });

  describe('a webhook', () => {
    it('is registered, lasts longer after a refresh, and is removed', async () => {
      const webhooks = registrar();

      const registration = await webhooks.register(connect(), wanted(), until());
      const registered = bench().webhookUrls();
      const refreshed = await webhooks.refresh(connect(), registration, until());
      await webhooks.remove(connect(), refreshed, until());

      expect(registered).toEqual([URL]);
      expect(refreshed).toMatchObject({ id: registration.id, scope: registration.scope });
      expect(refreshed.expiresAt?.getTime() ?? 0).toBeGreaterThanOrEqual(
        registration.expiresAt?.getTime() ?? 0,
      );
      expect(bench().webhookUrls()).toEqual([]);
    });

    it('that is gone is no error to remove', async () => {
      const webhooks = registrar();
      const registration = await webhooks.register(connect(), wanted(), until());
      await webhooks.remove(connect(), registration, until());

      await webhooks.remove(connect(), registration, until());

      expect(bench().webhookUrls()).toEqual([]);
    });

    it('that is gone is an error to refresh', async () => {
      const webhooks = registrar();
      const registration = await webhooks.register(connect(), wanted(), until());
      await webhooks.remove(connect(), registration, until());

      await expect(webhooks.refresh(connect(), registration, until())).rejects.toThrow(/\w/);
    });

    it('is there once, though it is registered twice', async () => {
      const webhooks = registrar();
      await webhooks.register(connect(), wanted(), until());

      await webhooks.register(connect(), wanted(), until());

      expect(bench().webhookUrls()).toEqual([URL]);
    });
  });
}

/** For systems whose API registers none. */
export function noWebhookSuite({ bench }: ContractTools): void {
  it('does not offer webhooks, which it cannot register', () => {
    const { connector } = bench();

    expect(connector.webhooks).toBeUndefined();
    expect(connector.capabilities).not.toContain('WEBHOOKS');
  });
}

/** Webhooks that a connector registers; nothing for a connector that cannot. */
import { describe, expect, it } from 'vitest';
import type { ContractTools } from '../connector-contract.ts';
import type { WebhookRegistrar } from '../connector.ts';
import { until } from './until.ts';

const URL = 'https://flowgrid.example.test/hooks/0123456789abcdef';
const SECRET = 'a-secret-of-the-hook-0123456789abcdef';

export function webhookSuite({ bench, connect }: ContractTools): void {
  const registrar = (): WebhookRegistrar | undefined => bench().connector.webhooks;
  const wanted = () => ({ url: URL, secret: SECRET, scope: bench().webhookScope });

  describe('a webhook', () => {
    it('is registered, lasts longer after a refresh, and is removed', async ({ skip }) => {
      const webhooks = registrar() ?? skip('cannot register webhooks');

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

    it('that is gone is no error to remove', async ({ skip }) => {
      const webhooks = registrar() ?? skip('cannot register webhooks');
      const registration = await webhooks.register(connect(), wanted(), until());
      await webhooks.remove(connect(), registration, until());

      await webhooks.remove(connect(), registration, until());

      expect(bench().webhookUrls()).toEqual([]);
    });

    it('that is gone is an error to refresh', async ({ skip }) => {
      const webhooks = registrar() ?? skip('cannot register webhooks');
      const registration = await webhooks.register(connect(), wanted(), until());
      await webhooks.remove(connect(), registration, until());

      await expect(webhooks.refresh(connect(), registration, until())).rejects.toThrow(/\w/);
    });

    it('is there once, though it is registered twice', async ({ skip }) => {
      const webhooks = registrar() ?? skip('cannot register webhooks');
      await webhooks.register(connect(), wanted(), until());

      await webhooks.register(connect(), wanted(), until());

      expect(bench().webhookUrls()).toEqual([URL]);
    });
  });
}

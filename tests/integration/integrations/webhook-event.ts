/** Events as the relay of the integrations service hands them over. */
import { toEnvelope, type EventData, type EventType, type Transport } from '@flowgrid/messaging';
import { newId } from '@flowgrid/platform';

/** An event about an integration, as the relay would hand it over. */
export function integrationEvent(
  type: Extract<EventType, 'integration.created'>,
  about: { readonly tenantId: string; readonly subject: string; readonly at: Date },
): Parameters<Transport['publish']>[0][number] {
  const { tenantId, subject, at } = about;
  const time = at.toISOString();
  const integration: EventData<'integration.created'>['integration'] = {
    id: subject,
    kind: 'GITHUB',
    name: 'Code',
    baseUrl: 'https://api.github.com',
    status: 'UNTESTED',
    lastError: null,
    lastTestedAt: null,
    createdAt: time,
    updatedAt: time,
  };
  const change = {
    tenantId,
    id: newId(),
    at,
    actorKind: 'USER',
    actorId: newId(),
    actorName: 'Olive Owner',
    actorUserId: null,
    resourceId: subject,
    requestId: null,
  };
  const envelope = toEnvelope(type, { change, data: { integration } });
  return { id: envelope.id, tenantId, type, orderKey: subject, body: JSON.stringify(envelope) };
}

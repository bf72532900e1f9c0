/** The configuration of Microsoft's Service Bus emulator: what the product expects, and what the contract of transports uses. */
import { EVENTS_TOPIC, TOPOLOGY, type Topology } from '@flowgrid/messaging';
import { contractTopology } from '../../integration/messaging/contract-fixture.ts';

/** The shortest lock that Service Bus knows. */
export const EMULATOR_LOCK_SECONDS = 5;

/** The longest that the emulator keeps anything. */
const TIME_TO_LIVE = 'PT1H';
const DUPLICATE_DETECTION = {
  RequiresDuplicateDetection: true,
  DuplicateDetectionHistoryTimeWindow: 'PT5M',
};

/** The whole of `deploy/servicebus/config.json`. */
export function toEmulatorConfig(
  topologies: readonly Topology[] = [TOPOLOGY, contractTopology(EMULATOR_LOCK_SECONDS)],
): unknown {
  const subscriptions = topologies.flatMap((topology) => Object.entries(topology.subscriptions));
  const queues = topologies.flatMap((topology) => Object.entries(topology.queues));
  return {
    UserConfig: {
      Namespaces: [
        {
          // The only name that the emulator takes.
          Name: 'sbemulatorns',
          Queues: queues.map(([name, settings]) => ({
            Name: name,
            Properties: { ...toProperties(settings), ...DUPLICATE_DETECTION },
          })),
          Topics: [
            {
              Name: EVENTS_TOPIC,
              Properties: { DefaultMessageTimeToLive: TIME_TO_LIVE, ...DUPLICATE_DETECTION },
              Subscriptions: subscriptions.map(([name, settings]) => ({
                Name: name,
                Properties: toProperties(settings),
                Rules: settings.resources.map((resource) => ({
                  Name: resource,
                  Properties: {
                    FilterType: 'Correlation',
                    CorrelationFilter: { Properties: { resource } },
                  },
                })),
              })),
            },
          ],
        },
      ],
      Logging: { Type: 'Console' },
    },
  };
}

function toProperties(settings: { maxDeliveries: number; lockSeconds: number }): Record<string, unknown> {
  return {
    DeadLetteringOnMessageExpiration: true,
    DefaultMessageTimeToLive: TIME_TO_LIVE,
    ForwardDeadLetteredMessagesTo: '',
    ForwardTo: '',
    LockDuration: `PT${settings.lockSeconds}S`,
    MaxDeliveryCount: settings.maxDeliveries,
    RequiresSession: true,
  };
}

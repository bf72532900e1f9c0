/** Traces by OpenTelemetry, for processes that are told where to send them. */
import { DiagLogLevel, diag } from '@opentelemetry/api';
import type { Logger } from '../logger.ts';
import { orAborted } from './deadline.ts';

/** The last spans are worth this much of an orderly end. */
const FLUSH_LIMIT_MS = 3_000;

export interface TelemetryOptions {
  /** The service as traces name it. */
  readonly name: string;
  /** `OTEL_EXPORTER_OTLP_ENDPOINT`; undefined traces nothing. The SDK reads this and its other variables itself. */
  readonly endpoint: string | undefined;
  readonly logger: Logger;
}

/**
 * Starts to take traces and to send them. The owner closes it last, which sends what is left. Without an endpoint nothing of
 * OpenTelemetry's SDK is loaded: it takes as long as the rest of a small service.
 */
export async function startTelemetry(options: TelemetryOptions): Promise<AsyncDisposable> {
  if (options.endpoint === undefined) return { [Symbol.asyncDispose]: () => Promise.resolve() };
  const { logger, name } = options;
  const { NodeSDK } = await import('@opentelemetry/sdk-node');
  const warn = (message: string): void => logger.warn({ reason: message }, 'telemetry');
  const silent = (): void => undefined;
  diag.setLogger(
    { error: warn, warn, info: silent, debug: silent, verbose: silent },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
  // Metrics are fetched from `/metrics`, and lines of the log are written to standard output.
  const sdk = new NodeSDK({ serviceName: name, metricReaders: [], logRecordProcessors: [] });
  sdk.start();
  return {
    [Symbol.asyncDispose]: async () => {
      try {
        await orAborted(sdk.shutdown(), AbortSignal.timeout(FLUSH_LIMIT_MS));
      } catch (error) {
        // Traces are worth less than an orderly end.
        logger.warn({ err: error }, 'the last traces were not sent');
      }
    },
  };
}

import type { z } from 'zod';

/** What the catalogue says about one type of event. */
export interface EventDefinition {
  /** Rises when the data changes so that a consumer of the version before could not read it. */
  readonly version: number;
  /** The service that makes the change. */
  readonly source: `/${string}`;
  /** When it happens, for readers of docs/EVENTS.md. */
  readonly description: string;
  readonly data: z.ZodObject;
}

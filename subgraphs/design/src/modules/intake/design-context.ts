/** What a session was given beside its description. */

export const MAX_FILES = 10;
export const MAX_ITEMS = 20;
export const MAX_AGENTS = 10;

/** Of everything together: the description, the files and the items. */
export const MAX_SOURCE_CHARACTERS = 100_000;

/** Names a ticket or an issue of a connected system. */
export interface ItemReference {
  readonly integrationId: string;
  readonly key: string;
}

/** In the order in which it was named; what is named twice counts once. */
export interface DesignContext {
  readonly fileIds: readonly string[];
  readonly items: readonly ItemReference[];
  readonly agentIds: readonly string[];
}

export const NO_CONTEXT: DesignContext = { fileIds: [], items: [], agentIds: [] };

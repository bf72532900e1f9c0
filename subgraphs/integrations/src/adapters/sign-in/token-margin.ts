/** A token that ends within this time is renewed first: the request that carries it takes its time too. */
export const TOKEN_MARGIN_MS = 60_000;
/** One that was had within this time in the place of a refused one, and is refused as well: a third would fare no better. */
export const RENEWAL_PAUSE_MS = 60_000;

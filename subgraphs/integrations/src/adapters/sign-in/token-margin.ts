/** A token that ends within this time is renewed first: the request that carries it takes its time too. */
export const TOKEN_MARGIN_MS = 60_000;

/** The root of the checkout. */
export const ROOT = new URL('../../', import.meta.url);

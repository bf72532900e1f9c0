/** Everything of this program in a Redis that others may use too. */
export const KEY_PREFIX = 'flowgrid:';

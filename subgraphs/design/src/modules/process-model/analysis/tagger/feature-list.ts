/** Features are 32-bit hashes of a name and up to three values: quick to make, small to store, the same everywhere. */

const mix = (hash: number, value: number): number => {
  const product = Math.imul(hash ^ value, 0x9e3779b1);
  return product ^ (product >>> 15);
};

/** FNV-1a. */
export const hashText = (text: string): number => {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash;
};

export class FeatureList {
  readonly keys: number[] = [];

  add(name: string, first = 0, second = 0, third = 0): void {
    this.keys.push(mix(mix(mix(hashText(name), first), second), third) >>> 0);
  }
}

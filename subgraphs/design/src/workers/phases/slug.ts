const MAX_LENGTH = 60;

/** A name for files: lower-case letters and digits in groups joined by hyphens. */
export function toSlug(name: string): string {
  const slug = name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, MAX_LENGTH)
    .replaceAll(/^-|-$/g, '');
  return slug === '' ? 'agent' : slug;
}

/** Where messages to a hook are sent. */
export function hookUrl(publicUrl: string, { address }: { readonly address: string }): string {
  return new URL(`hooks/${address}`, publicUrl.endsWith('/') ? publicUrl : `${publicUrl}/`).href;
}

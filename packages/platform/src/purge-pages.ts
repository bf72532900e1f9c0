const PAGE_ROWS = 1_000;
const MAX_PAGES = 100;

/**
 * Deletes what is old page by page, so that no statement holds many rows; what is left after a hundred pages is for the next
 * time. `purgePage` deletes so many rows at most and gives how many it did.
 */
export async function purgePages(purgePage: (rows: number) => Promise<number>): Promise<void> {
  for (let page = 0; page < MAX_PAGES; page += 1) {
    if ((await purgePage(PAGE_ROWS)) < PAGE_ROWS) return;
  }
}

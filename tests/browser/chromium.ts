/** The installed Chromium, without a window. No browser is downloaded: the tests look at pages with the machine's own. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium, type Browser } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** What is left makes a browser that asks nobody but the page's own server. */
const FLAGS = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * Where Chromium is installed; null, with the reason printed, where it is not.
 * @throws Error under CI, where tests that are quietly left out would pass for tests that hold.
 */
export function findChromium(): string | null {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const found = NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
  if (found !== undefined) return found;
  const reason = `no browser on the PATH (${NAMES.join(', ')}): install Chromium to run tests/browser`;
  if (process.env['CI'] === 'true') throw new Error(reason);
  console.warn(`skipped: ${reason}`);
  return null;
}

/** Starts it with a fresh profile, which is removed when it is closed. */
export function launchChromium(executablePath: string): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: FLAGS,
    // Chromium's sandbox does not start for root, which is what tests in a container run as.
    chromiumSandbox: process.getuid?.() !== 0,
  });
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    // Not there, or not to be run: the next one is looked at.
    return false;
  }
}

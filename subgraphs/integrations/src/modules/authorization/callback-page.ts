/**
 * `GET /oauth/callback`: the page to which vendors send people back. It is the same for everybody: what the vendor added to
 * its address is read in the browser alone, and given to the page of Flowgrid that is waiting for it.
 */
import { createHash } from 'node:crypto';
import type { FastifyInstance } from 'fastify';

export const CALLBACK_PATH = '/oauth/callback';
/** Of the messages between the two pages: `{ type, state, code, iss, error }`, and `{ type, state }` for one that was taken. */
export const CALLBACK_MESSAGE = 'flowgrid-authorization';
export const CALLBACK_TAKEN = 'flowgrid-authorization-taken';

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:4rem auto;padding:0 1rem}
code{display:block;padding:.5rem;background:#eee;color:#000;overflow-wrap:anywhere;user-select:all}`;

/**
 * The opener is gone where a page on the way, or Flowgrid's own, forbids it (Cross-Origin-Opener-Policy): a channel of this
 * origin reaches the waiting page all the same. The address loses what it carries before anything else is done.
 */
const SCRIPT = `(() => {
  const given = new URLSearchParams(location.search);
  history.replaceState(null, '', location.pathname);
  const answer = { type: '${CALLBACK_MESSAGE}' };
  for (const name of ['state', 'code', 'iss', 'error']) {
    const value = given.get(name);
    if (value !== null && value.length <= 8192) answer[name] = value;
  }
  const say = (text) => { document.getElementById('message').textContent = text; };
  if (answer.state === undefined) { say('Nothing was handed over here. Begin the sign-in in Flowgrid.'); return; }
  let isTaken = false;
  const onTaken = (data) => {
    if (data === null || typeof data !== 'object') return;
    if (data.type !== '${CALLBACK_TAKEN}' || data.state !== answer.state) return;
    isTaken = true;
    document.getElementById('values').hidden = true;
    say('Flowgrid goes on with it. You may close this window.');
    window.close();
  };
  const channel = new BroadcastChannel('${CALLBACK_MESSAGE}');
  channel.addEventListener('message', (event) => onTaken(event.data));
  window.addEventListener('message', (event) => {
    if (event.origin === location.origin) onTaken(event.data);
  });
  channel.postMessage(answer);
  if (window.opener) window.opener.postMessage(answer, location.origin);
  setTimeout(() => {
    if (isTaken) return;
    say('No page of Flowgrid is waiting for it in this browser. Copy this to where you began:');
    for (const name of ['state', 'code', 'iss', 'error']) {
      if (answer[name] === undefined) continue;
      const term = document.createElement('dt');
      const value = document.createElement('code');
      term.textContent = name;
      value.textContent = answer[name];
      document.getElementById('values').append(term, value);
    }
    document.getElementById('values').hidden = false;
  }, 1500);
})();`;

const PAGE = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Flowgrid: sign-in</title><style>${STYLE}</style></head>
<body><main><h1>Sign-in</h1><p id="message" role="status">One moment.</p><dl id="values" hidden></dl>
<noscript><p>This page needs JavaScript to hand the sign-in over.</p></noscript></main><script>${SCRIPT}</script></body>
</html>
`;

export function addCallbackRoute(app: FastifyInstance): void {
  const headers = {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': [
      "default-src 'none'",
      `script-src '${hashOf(SCRIPT)}'`,
      `style-src '${hashOf(STYLE)}'`,
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ].join('; '),
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
  };
  app.get(CALLBACK_PATH, (_request, reply) => reply.headers(headers).send(PAGE));
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

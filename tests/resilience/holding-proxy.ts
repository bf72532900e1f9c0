/** An HTTP proxy between two services that holds what a test names, so that a process can be ended at an exact place. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';

export interface HoldingProxy extends AsyncDisposable {
  readonly url: string;
  /** How often the service behind has answered. */
  readonly answered: number;
  /** Base address that requests are sent on to. */
  forwardTo(url: string): void;
  /** From now on holds the requests that contain `content` before they are sent on, or their answers on the way back. */
  hold(content: string, what: 'request' | 'answer'): Hold;
}

export interface Hold {
  /** How many requests or answers are held, or were. */
  readonly held: number;
  /** Lets everything through, what is held as well, also when who asked for it is gone. */
  release(): void;
}

interface OpenHold extends Hold {
  readonly content: string;
  readonly what: 'request' | 'answer';
  wait(): Promise<void>;
}

export async function startHoldingProxy(): Promise<HoldingProxy> {
  const holds = new Set<OpenHold>();
  let target = '';
  let answered = 0;
  const pause = async (what: OpenHold['what'], body: string): Promise<void> => {
    for (const hold of holds) if (hold.what === what && body.includes(hold.content)) await hold.wait();
  };
  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await text(request);
    await pause('request', body);
    const answer = await fetch(`${target}${request.url ?? ''}`, {
      method: request.method ?? 'GET',
      headers: forwarded(request),
      ...(body !== '' && { body }),
    });
    const answerText = await answer.text();
    answered += 1;
    await pause('answer', body);
    const type = answer.headers.get('content-type');
    response.writeHead(answer.status, type === null ? {} : { 'content-type': type }).end(answerText);
  };
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no address');
  return {
    url: `http://127.0.0.1:${address.port}`,
    get answered() {
      return answered;
    },
    forwardTo: (url) => {
      target = url;
    },
    hold: (content, what) => {
      const hold = createHold(content, what, () => holds.delete(hold));
      holds.add(hold);
      return hold;
    },
    [Symbol.asyncDispose]: async () => {
      for (const hold of holds) hold.release();
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

const FORWARDED = ['authorization', 'content-type', 'accept', 'x-request-id', 'x-client-address'];

function forwarded({ headers }: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    FORWARDED.flatMap((name) => (typeof headers[name] === 'string' ? [[name, headers[name]]] : [])),
  );
}

function createHold(content: string, what: OpenHold['what'], onRelease: () => void): OpenHold {
  const released = Promise.withResolvers<void>();
  let held = 0;
  return {
    content,
    what,
    get held() {
      return held;
    },
    wait: () => {
      held += 1;
      return released.promise;
    },
    release: () => {
      onRelease();
      released.resolve();
    },
  };
}

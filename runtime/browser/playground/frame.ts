// The frame that a program runs in: of an origin of its own (sandboxed), with a policy that lets nothing be asked of the network. Built into
// playground-frame.html. It makes the worker, which gets both from it, and hands it the page's port.
import type { Scripts } from './sandbox.ts';

/** The worker's first lines. A data URL, since a frame of no origin may load no worker from the page's. */
async function boot(): Promise<void> {
  const [post, close] = [postMessage.bind(globalThis), globalThis.close.bind(globalThis)];
  // What a program has to say it prints: there is no other way out of here.
  for (let holder: object | null = globalThis; holder; holder = Object.getPrototypeOf(holder)) {
    delete (holder as { postMessage?: unknown }).postMessage;
  }
  const { data: scripts, ports } = await new Promise<MessageEvent<Scripts>>((resolve) => {
    addEventListener('message', resolve as EventListener, { once: true });
  });
  try {
    const urls: Record<string, string> = {};
    for (const { path, text, imports } of scripts) {
      const linked = Object.entries(imports).reduce((code, [from, to]) => code.replaceAll(`"${from}"`, `"${urls[to]}"`), text);
      urls[path] = URL.createObjectURL(new Blob([linked], { type: 'text/javascript' }));
    }
    const { start } = (await import(urls['playground-worker.js'])) as typeof import('./worker.ts');
    start(ports[0], urls['tilegrad.js']);
  } catch (error) {
    post(`${error}`);
    close();
  }
}

addEventListener('message', ({ source, data, ports }: MessageEvent<Scripts>) => {
  if (source !== parent) return;
  const worker = new Worker(`data:text/javascript,${encodeURIComponent(`(${boot})()`)}`, { type: 'module', name: 'playground' });
  const fail = (message: string) => parent.postMessage(message, '*');
  worker.onmessage = (event) => fail(String(event.data));
  worker.onerror = (event) => {
    event.preventDefault();
    fail(event.message);
  };
  worker.postMessage(data, [ports[0]]);
});

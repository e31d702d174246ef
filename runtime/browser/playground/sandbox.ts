// One program's thread, apart from the page: a worker in a frame of no origin. It has WebGPU and the library; it has none of what the browser
// keeps for this page, and no network.
import type { Command, Report } from './protocol.ts';

/** A script of the worker, with what its text imports by which words. Imported ones stand before those that import them. */
export interface Script {
  readonly path: string;
  readonly text: string;
  readonly imports: Readonly<Record<string, string>>;
}
export type Scripts = readonly Script[];

let scripts: Promise<Scripts> | undefined;

/** The page has to read them for the frame, which can't. */
function readScripts(): Promise<Scripts> {
  const read = async (path: string) => {
    const response = await fetch(new URL(path, import.meta.url));
    if (!response.ok) throw new Error(`${path}: ${response.status}`);
    return response;
  };
  scripts ??= (async () => {
    const listed = (await (await read('playground-scripts.json')).json()) as Omit<Script, 'text'>[];
    return Promise.all(listed.map(async (script) => ({ ...script, text: await (await read(script.path)).text() })));
  })();
  scripts.catch(() => {
    scripts = undefined;
  });
  return scripts;
}

export interface SandboxListener {
  report(report: Report): void;
  /** The thread is of no use any more: why. */
  failed(message: string): void;
}

export class Sandbox {
  private readonly frame = document.createElement('iframe');
  private readonly channel = new MessageChannel();

  constructor(private readonly listener: SandboxListener) {
    this.frame.sandbox.value = 'allow-scripts';
    this.frame.hidden = true;
    this.frame.title = 'Program';
    this.frame.src = new URL('playground-frame.html', import.meta.url).href;
    this.channel.port1.onmessage = ({ data }: MessageEvent<Report>) => listener.report(data);
    addEventListener('message', this.hear);
    void this.open();
  }

  post(command: Command): void {
    this.channel.port1.postMessage(command);
  }

  /** Whatever it is doing. */
  terminate(): void {
    removeEventListener('message', this.hear);
    this.channel.port1.close();
    this.frame.remove();
  }

  private readonly hear = ({ source, data }: MessageEvent<string>) => {
    if (source === this.frame.contentWindow) this.listener.failed(data);
  };

  private async open(): Promise<void> {
    try {
      const loaded = new Promise((resolve) => {
        this.frame.onload = resolve;
      });
      document.body.append(this.frame);
      const [read] = await Promise.all([readScripts(), loaded]);
      this.frame.contentWindow?.postMessage(read, '*', [this.channel.port2]);
    } catch (error) {
      this.listener.failed((error as Error).message);
    }
  }
}

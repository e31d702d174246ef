// How fast the adapters of this browser are, as measured once each. Imports no library code: the page reads it too.
import { openFolder, readFile, writeFile } from './opfs.ts';

const FILE = 'adapter-speeds.json';

/** By the adapter's name. Empty where none was measured, or where the file says nothing that can be used. */
export async function readSpeeds(): Promise<Readonly<Record<string, number>>> {
  try {
    const folder = await openFolder([]);
    const content: unknown = JSON.parse((folder && (await readFile(folder, FILE, (file) => file.text()))) ?? '{}');
    return Object.fromEntries(Object.entries(content ?? {}).filter(([, speed]) => typeof speed === 'number' && speed > 0)) as Readonly<
      Record<string, number>
    >;
  } catch {
    return {};
  }
}

export async function keepSpeed(adapter: string, speed: number): Promise<void> {
  const speeds = await readSpeeds();
  try {
    await writeFile((await openFolder([])) as FileSystemDirectoryHandle, FILE, JSON.stringify({ ...speeds, [adapter]: speed }));
  } catch {
    // Without room for it, it is measured again next time.
  }
}

// Files and folders that a person dropped or chose, with the paths they have below what was chosen.
import type { ChosenFile } from '../protocol.ts';

/** What of the browser's entries is needed here; `FileSystemEntry` is one. */
export interface Entry {
  readonly isFile: boolean;
  readonly name: string;
}
interface FileEntry extends Entry {
  file(done: (file: File) => void, failed: (error: DOMException) => void): void;
}
interface FolderEntry extends Entry {
  createReader(): { readEntries(done: (entries: Entry[]) => void, failed: (error: DOMException) => void): void };
}

/** All files below the dropped entries. @throws Error that names the file or folder which can't be read. */
export async function filesOfEntries(entries: readonly Entry[]): Promise<ChosenFile[]> {
  const found: ChosenFile[] = [];
  const walk = async (entry: Entry, folder: string): Promise<void> => {
    const path = folder + entry.name;
    if (isClutter(entry.name)) return;
    if (entry.isFile) {
      found.push({ path, file: await asked<File>(path, (done, failed) => (entry as FileEntry).file(done, failed)) });
      return;
    }
    const reader = (entry as FolderEntry).createReader();
    // A reader gives at most a hundred entries at a time.
    for (;;) {
      const some = await asked<Entry[]>(path, (done, failed) => reader.readEntries(done, failed));
      if (some.length === 0) return;
      for (const inner of some) await walk(inner, `${path}/`);
    }
  };
  for (const entry of entries) await walk(entry, '');
  return found.sort((a, b) => a.path.localeCompare(b.path));
}

/** Files of an `<input type="file">`, with or without `webkitdirectory`. */
export function filesOfInput(files: Iterable<File>): ChosenFile[] {
  return Array.from(files, (file) => ({ path: file.webkitRelativePath || file.name, file }))
    .filter(({ path }) => !path.split('/').some(isClutter))
    .sort((a, b) => a.path.localeCompare(b.path));
}

/** What systems leave in folders: `.DS_Store`, `._x`, `.git`, `Thumbs.db`. */
const isClutter = (name: string) => name.startsWith('.') || name === 'Thumbs.db' || name === 'desktop.ini' || name === '__MACOSX';

function asked<T>(path: string, ask: (done: (value: T) => void, failed: (error: DOMException) => void) => void): Promise<T> {
  return new Promise<T>(ask).catch((error: DOMException) => {
    throw new Error(`${path} can't be read (${error.message || error.name}). Check that it still exists and that you may read it.`);
  });
}

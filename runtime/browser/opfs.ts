// The browser's own files of this page (the origin private file system). Imports no library code: the page's own thread uses it too.

/** The folder of what runs keep for others. */
export const RESULTS = 'results';

/** The browser refused to keep something, in words for a person. */
export class StorageError extends Error {
  constructor(
    message: string,
    override readonly name: 'StorageError' | 'QuotaExceededError' = 'StorageError',
    cause?: unknown,
  ) {
    super(message, { cause });
  }
}

/** What went wrong with a file, in a person's words. */
export function storageError(path: string, error: unknown): Error {
  if (error instanceof StorageError) return error;
  const { name, message } = error instanceof Error ? error : { name: '', message: String(error) };
  if (name === 'QuotaExceededError') {
    return new StorageError(
      `can't write ${path}: the browser's storage for this page is full. What was saved before is kept.`,
      name,
      error,
    );
  }
  return new StorageError(`can't use ${path} in the browser's storage: ${message || name}`, 'StorageError', error);
}

/** A folder by the names that lead to it; undefined where it isn't there and isn't to be made. */
export async function openFolder(path: readonly string[], create = false): Promise<FileSystemDirectoryHandle | undefined> {
  let folder: FileSystemDirectoryHandle;
  try {
    folder = await navigator.storage.getDirectory();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new StorageError(
      `this browser keeps no files for this page (${message}), so runs can't be stored. A private window or a setting that blocks site data does that: open the page in an ordinary window, and allow it to keep data.`,
      'StorageError',
      error,
    );
  }
  for (const name of path) {
    try {
      folder = await folder.getDirectoryHandle(name, { create });
    } catch (error) {
      if (!create && isMissing(error)) return undefined;
      throw storageError(path.join('/'), error);
    }
  }
  return folder;
}

/** How often a file may change while it is read. */
const MOST_TRIES = 50;

/**
 * What `read` makes of a file. Undefined for one that isn't there, and for an empty one: that is how one is left whose first writing was
 * cut off. A worker may be writing to it: a `File` is the file of one moment, and refuses to be read when that is over.
 */
export async function readFile<T>(
  folder: FileSystemDirectoryHandle,
  name: string,
  read: (file: File) => T | Promise<T>,
): Promise<T | undefined> {
  for (let tries = 1; ; tries++) {
    try {
      const file = await (await folder.getFileHandle(name)).getFile();
      return file.size > 0 ? await read(file) : undefined;
    } catch (error) {
      if (isMissing(error)) return undefined;
      if (tries === MOST_TRIES || !(error instanceof Error && error.name === 'NotReadableError')) throw storageError(name, error);
    }
  }
}

export const bytesOf = async (file: Blob): Promise<Uint8Array<ArrayBuffer>> => new Uint8Array(await file.arrayBuffer());

/** Replaces a file in one step: the browser writes beside it, and swaps when all is written. */
export async function writeFile(
  folder: FileSystemDirectoryHandle,
  name: string,
  content: string | Uint8Array | readonly Uint8Array[],
): Promise<void> {
  let stream: FileSystemWritableFileStream | undefined;
  try {
    stream = await (await folder.getFileHandle(name, { create: true })).createWritable();
    for (const part of Array.isArray(content) ? content : [content]) await stream.write(part as string | Uint8Array<ArrayBuffer>);
    await stream.close();
  } catch (error) {
    await stream?.abort().catch(() => {});
    throw storageError(name, error);
  }
}

export async function removeEntry(folder: FileSystemDirectoryHandle, name: string): Promise<void> {
  try {
    await folder.removeEntry(name, { recursive: true });
  } catch (error) {
    if (!isMissing(error)) throw storageError(name, error);
  }
}

const isMissing = (error: unknown) => error instanceof Error && (error.name === 'NotFoundError' || error.name === 'TypeMismatchError');

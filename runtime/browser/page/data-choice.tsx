// Where the data comes from: made by the program, files of the person's, or a folder on a server.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { WantedSet } from '../catalogue.ts';
import type { ChosenFile, DataChoice } from '../protocol.ts';
import { keptData, removeKeptData } from '../store.ts';
import { filesOfEntries, filesOfInput } from './dropped-files.ts';
import { formatBytes, plural } from './format.ts';
import { servedData } from './served-data.ts';
import type { Session } from './session.ts';
import { WantedFiles } from './wanted-files.tsx';

type Kind = 'served' | DataChoice['kind'];

export function DataChoiceFields({ session }: { session: Session }) {
  const { data, active } = session;
  const [problem, setProblem] = useState<string>();
  const served = servedData.value;
  const choice = data.value;
  const kind: Kind = choice.kind === 'url' && choice.url === served ? 'served' : choice.kind;
  const choose = (next: Kind) => {
    setProblem(undefined);
    if (next === 'served') data.value = { kind: 'url', url: served ?? '' };
    else if (next === 'url') data.value = { kind: 'url', url: '' };
    else if (next === 'files') data.value = { kind: 'files', files: [] };
    else data.value = { kind: next };
  };
  // What was given before stays: a set may come in several drops.
  const take = (files: readonly ChosenFile[]) => {
    setProblem(files.length === 0 ? 'There is no file in what was chosen.' : undefined);
    const paths = new Set(files.map(({ path }) => path));
    const before = data.value.kind === 'files' ? data.value.files.filter(({ path }) => !paths.has(path)) : [];
    data.value = { kind: 'files', files: [...before, ...files] };
  };
  const { data: sets } = session.project;
  const [kept, forgetKept] = useKeptData(active);
  const dragging = useDrops(active, take, setProblem);
  const radio = (value: Kind, label: string, help: string) => (
    <label class="radio">
      <input type="radio" name="data" value={value} checked={kind === value} onChange={() => choose(value)} />
      <span>
        {label} <span class="help">{help}</span>
      </span>
    </label>
  );
  return (
    <fieldset class={dragging ? 'data dragging' : 'data'} disabled={active}>
      <legend>Data</legend>
      {served !== undefined && radio('served', 'This server’s data folder', new URL(served).pathname)}
      {radio('synthetic', 'Synthetic', 'made by the program, of the same form')}
      {radio('files', 'Your files', 'they stay in this browser')}
      {kind === 'files' && (
        <FileFields sets={sets} files={choice.kind === 'files' ? choice.files : []} take={take} forget={() => choose('files')} />
      )}
      {kept.files.length > 0 &&
        radio('kept', 'Files of earlier runs', `${plural(kept.files.length, 'file')}, ${formatBytes(kept.bytes)}, kept by this browser`)}
      {kind === 'kept' && <WantedFiles sets={sets} files={kept.files} />}
      {kind === 'kept' && (
        <p class="kept">
          <button type="button" class="link" onClick={() => forgetKept().then(() => choose('synthetic'))}>
            Delete them from this browser
          </button>
        </p>
      )}
      {radio('url', 'A folder on a web server', 'it must allow this page to read it (CORS)')}
      {kind === 'url' && (
        <div class="field wide">
          <label class="name" for="data-url">
            Address of the folder
          </label>
          <input
            id="data-url"
            type="url"
            placeholder="https://example.org/data/"
            value={choice.kind === 'url' ? choice.url : ''}
            onInput={(event) => (data.value = { kind: 'url', url: event.currentTarget.value.trim() })}
          />
          <WantedFiles sets={sets} files={undefined} />
        </div>
      )}
      {problem && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      {dragging && <p class="drop-here">Drop the files or the folder anywhere</p>}
    </fieldset>
  );
}

interface FileFieldsProps {
  readonly sets: readonly WantedSet[];
  readonly files: readonly ChosenFile[];
  readonly take: (files: readonly ChosenFile[]) => void;
  readonly forget: () => void;
}

function FileFields({ sets, files, take, forget }: FileFieldsProps) {
  const picker = useRef<HTMLInputElement>(null);
  const folderPicker = useRef<HTMLInputElement>(null);
  const bytes = files.reduce((sum, { file }) => sum + file.size, 0);
  return (
    <div class="files">
      <p>
        Drop files or a folder on the page, or{' '}
        <button type="button" onClick={() => picker.current?.click()}>
          Choose files
        </button>{' '}
        <button type="button" onClick={() => folderPicker.current?.click()}>
          Choose folder
        </button>
      </p>
      <input
        ref={picker}
        class="unseen"
        type="file"
        multiple
        tabIndex={-1}
        aria-label="Data files"
        onChange={(event) => take(filesOfInput(event.currentTarget.files ?? []))}
      />
      <input
        ref={folderPicker}
        class="unseen"
        type="file"
        {...folders}
        tabIndex={-1}
        aria-label="Data folder"
        onChange={(event) => take(filesOfInput(event.currentTarget.files ?? []))}
      />
      <WantedFiles sets={sets} files={files.map(({ path, file }) => ({ path, size: file.size }))} />
      {files.length > 0 && (
        <details>
          <summary>
            {plural(files.length, 'file')}, {formatBytes(bytes)}
          </summary>
          <ul>
            {files.slice(0, 50).map(({ path, file }) => (
              <li key={path}>
                <code>{path}</code> <span class="soft">{formatBytes(file.size)}</span>
              </li>
            ))}
            {files.length > 50 && <li class="soft">and {plural(files.length - 50, 'more', 'more')}</li>}
          </ul>
          <button type="button" class="link" onClick={forget}>
            Choose anew
          </button>
        </details>
      )}
    </div>
  );
}

/** Data files that the browser has kept. They change when a run ends. */
function useKeptData(active: boolean): readonly [kept: Awaited<ReturnType<typeof keptData>>, forget: () => Promise<void>] {
  const [kept, setKept] = useState<Awaited<ReturnType<typeof keptData>>>({ files: [], bytes: 0 });
  // Without storage nothing is kept; the list of runs says so.
  const look = () => keptData().then(setKept, () => {});
  useEffect(() => {
    if (!active) void look();
  }, [active]);
  return [kept, () => removeKeptData().then(look)];
}

/** Preact's types don't know it. */
const folders = { webkitdirectory: true };

/** A drop anywhere on the page counts; without this the browser would leave the page and show the file. @returns whether files hover. */
function useDrops(active: boolean, take: (files: readonly ChosenFile[]) => void, fail: (problem: string) => void): boolean {
  const [dragging, setDragging] = useState(false);
  const latest = useRef({ active, take, fail });
  latest.current = { active, take, fail };
  useEffect(() => {
    const listening = new AbortController();
    const { signal } = listening;
    // Beside an input that takes files it was meant for that one, and is no data.
    const isPlay = ({ target }: DragEvent) => target instanceof Element && target.closest('.interaction') !== null;
    const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') === true;
    addEventListener(
      'dragover',
      (event) => {
        if (!hasFiles(event)) return;
        if (isPlay(event) && !event.defaultPrevented && event.dataTransfer) event.dataTransfer.dropEffect = 'none';
        event.preventDefault();
        setDragging(!latest.current.active && !isPlay(event));
      },
      { signal },
    );
    addEventListener('dragleave', (event) => event.relatedTarget === null && setDragging(false), { signal });
    addEventListener(
      'drop',
      (event) => {
        if (!hasFiles(event)) return;
        setDragging(false);
        // What was dropped on an input of the interaction is no data.
        if (event.defaultPrevented) return;
        event.preventDefault();
        if (latest.current.active || isPlay(event)) return;
        // Entries are there only while the event is handled.
        const entries = Array.from(event.dataTransfer?.items ?? [], (item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
        filesOfEntries(entries).then(latest.current.take, (error: Error) => latest.current.fail(error.message));
      },
      { signal },
    );
    return () => listening.abort();
  }, []);
  return dragging;
}

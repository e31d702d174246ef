// The playground: examples, an editor, and what the program prints. The page loads this file when someone comes here.
import { effect, useSignal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { saveBlob } from '../page/files.ts';
import { formatBytes } from '../page/format.ts';
import { gpu } from '../page/gpu.ts';
import { GpuLine } from '../page/gpu-line.tsx';
import { Editor } from './editor.ts';
import { Output } from './output.tsx';
import { type Example, loadExamples, loadProject, ownProgram, restore, store } from './programs.ts';
import { type Session as Running, Session } from './session.ts';
import { hashOfExample, hashOfProgram, parseHash } from './share.ts';
import styles from './styles.css' with { type: 'text' };

/** A program that came in a link. It is kept in the address alone, so that it never overwrites the visitor's own. */
const shared = (code: string): Example => ({ name: 'shared', title: 'Shared', summary: '', code });

export function Playground() {
  const session = useMemo(() => new Session(), []);
  const examples = useSignal<readonly Example[]>([]);
  const program = useSignal<Example>(ownProgram);
  const code = useSignal('');
  const note = useSignal('');
  const editor = useRef<Editor>();
  const place = useRef<HTMLDivElement>(null);

  const run = () => {
    note.value = '';
    session.run(editor.current?.code ?? '');
  };

  useEffect(() => {
    const made = new Editor({
      parent: place.current as HTMLElement,
      run,
      change: (changed) => {
        code.value = changed;
        if (program.value.name === 'shared') history.replaceState(history.state, '', hashOfProgram(changed));
        else store(program.value, changed);
      },
      api: () => session.api.value,
    });
    editor.current = made;
    const show = (next: Example) => {
      session.clear();
      program.value = next;
      code.value = restore(next);
      made.load(code.value);
      note.value = '';
    };
    const follow = async () => {
      const target = parseHash(location.hash);
      if (target && 'code' in target) {
        show(shared(target.code));
        note.value = 'This program came with the link. Changes go into the address, and nowhere else.';
        return;
      }
      if (target && 'damaged' in target) {
        show(ownProgram);
        note.value = `This link can't be opened: ${target.damaged}.`;
        return;
      }
      const known = [...examples.value, ownProgram];
      const next = target ? (known.find(({ name }) => name === target.name) ?? (await loadProject(target.name))) : known[0];
      if (editor.current !== made) return;
      show(next ?? known[0]);
      if (!next) note.value = `There is no program named ${target?.name}.`;
    };
    const begin = async () => {
      session.prepare();
      try {
        examples.value = await loadExamples();
      } catch (error) {
        note.value = (error as Error).message;
      }
      if (editor.current === made) await follow();
    };
    void begin();
    const moved = () => void follow();
    addEventListener('hashchange', moved);
    const stopMarking = effect(() => made.mark(session.problems.value));
    return () => {
      removeEventListener('hashchange', moved);
      stopMarking();
      made.destroy();
      editor.current = undefined;
      session.close();
    };
  }, []);

  // On a narrow screen the list scrolls sideways.
  useEffect(() => {
    document.querySelector('.playground-view [aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' });
  }, [program.value]);

  const reset = () => {
    store(program.value, program.value.code);
    editor.current?.reset(program.value.code);
    code.value = program.value.code;
    editor.current?.focus();
  };
  const share = async () => {
    const { name, code: original } = program.value;
    const hash = code.value === original && name !== 'own' && name !== 'shared' ? hashOfExample(name) : hashOfProgram(code.value);
    const link = new URL(hash, location.href).href;
    try {
      await navigator.clipboard.writeText(link);
      note.value = 'The link is copied. It carries the program itself.';
    } catch {
      history.replaceState(history.state, '', hash);
      note.value = 'The link is in the address bar now: copy it there.';
    }
  };
  const download = () => saveBlob(new Blob([code.value], { type: 'text/javascript' }), `${program.value.name}.mjs`);

  return (
    <div class="playground-view">
      <style>{styles}</style>
      <h1>Playground</h1>
      <nav aria-label="Programs">
        <ul>
          {[...examples.value, ownProgram, ...(program.value.name.startsWith('project-') ? [program.value] : [])].map(
            ({ name, title, summary }) => (
              <li key={name}>
                <a href={hashOfExample(name)} title={summary} aria-current={name === program.value.name ? 'page' : undefined}>
                  {title}
                </a>
              </li>
            ),
          )}
        </ul>
      </nav>
      <section class="program" aria-label="Program">
        <div class="bar">
          <button type="button" class="run" onClick={run}>
            Run
          </button>
          <Stop session={session} />
          <span class="right">
            <button type="button" onClick={reset} disabled={code.value === program.value.code}>
              {program.value.name === 'own' || program.value.name === 'shared' ? 'Reset' : 'Reset example'}
            </button>
            <button type="button" onClick={share}>
              Copy link
            </button>
            <button type="button" onClick={download}>
              Download
            </button>
          </span>
        </div>
        <div class="editor" ref={place} />
        <p class="keys" id="playground-keys">
          <kbd>Ctrl</kbd> <kbd>Enter</kbd> runs. <kbd>Tab</kbd> indents; <kbd>Esc</kbd>, then <kbd>Tab</kbd> leaves the editor.
        </p>
        <p class="keys">
          The program runs in a sandbox: it has the GPU and this library. It can't see or delete stored runs, files or anything else that
          this browser keeps for the page, and it can't reach the network.
        </p>
        <p class="note" role="status">
          {note.value}
        </p>
      </section>
      <section class="result" aria-label="Result">
        <Status session={session} />
        <Output entries={session.entries.value} dropped={session.dropped.value} goTo={(to) => editor.current?.goTo(to)} />
      </section>
    </div>
  );
}

/** It stays of use after the end, for what a program left running. */
function Stop({ session }: { readonly session: Running }) {
  const { value } = session.state;
  return (
    <button type="button" onClick={() => session.stop()} disabled={value === 'idle' || value === 'stopped'}>
      Stop
    </button>
  );
}

const words = { idle: 'Ready', running: 'Running', finished: 'Finished', failed: 'Failed', stopped: 'Stopped' };

function Status({ session }: { readonly session: Running }) {
  const { state, seconds, gpuBytes } = session;
  const { value: found } = gpu;
  if (found?.found === false) return <GpuLine />;
  const idle = state.value === 'idle';
  return (
    <dl class={`status ${state.value}`}>
      <div>
        <dt>State</dt>
        <dd>
          <span role="status">{idle && !found ? 'Looking for a GPU' : words[state.value]}</span>
        </dd>
      </div>
      <div>
        <dt>Time</dt>
        <dd>{idle ? '–' : `${seconds.value.toFixed(seconds.value < 10 ? 2 : 1)} s`}</dd>
      </div>
      <div>
        <dt>GPU memory</dt>
        <dd>{idle ? '–' : formatBytes(gpuBytes.value)}</dd>
      </div>
      <div>
        <dt>Adapter</dt>
        <dd>{found?.name ?? '…'}</dd>
      </div>
    </dl>
  );
}

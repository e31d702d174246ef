// Questions to what a person plays with: whose weights answer, and which answers count.
import { describe, expect, it, test, vi } from 'vitest';
import type { CatalogueEntry } from '../../runtime/browser/catalogue.ts';
import { Glimpses } from '../../runtime/browser/glimpses.ts';
import { Playing, sourceOf } from '../../runtime/browser/page/playing.ts';
import { idleRun, type RunState } from '../../runtime/browser/page/run-state.ts';
import type { Command } from '../../runtime/browser/protocol.ts';

const project = { name: 'demo', weights: true, interaction: {}, starter: {} } as unknown as CatalogueEntry;
const state = (changes: Partial<RunState>): RunState => ({ ...idleRun, ...changes });

test('before Train what comes with the project answers, in training the run at work, then the run that is shown', () => {
  expect(sourceOf(project, idleRun)).toBe('project');
  expect(sourceOf(project, state({ phase: 'starting' }))).toBeUndefined();
  expect(sourceOf(project, state({ phase: 'training', run: 'r' }))).toBe('live');
  expect(sourceOf(project, state({ phase: 'paused', run: 'r' }))).toBe('live');
  expect(sourceOf(project, state({ phase: 'finished', run: 'r', resumable: true }))).toBe('stored');
  expect(sourceOf(project, state({ phase: 'failed', run: 'r' }))).toBe('project');
  const { starter: _, ...bare } = project;
  expect(sourceOf(bare, idleRun)).toBeUndefined();
  expect(sourceOf({ ...bare, weights: false }, idleRun)).toBe('project');
  const { interaction: __, ...mute } = project;
  expect(sourceOf(mute, idleRun)).toBeUndefined();
});

describe('questions', () => {
  const playing = (run: RunState) => {
    const sent: Command[] = [];
    return {
      sent,
      playing: new Playing(
        project,
        () => run,
        (command) => void sent.push(command),
      ),
    };
  };
  const parts = (text: string) => [{ text }];

  it('one is under way, and of those that come meanwhile the newest follows', () => {
    const { sent, playing: one } = playing(state({ phase: 'training', run: 'r' }));
    for (const x of [1, 2, 3]) one.ask({ x: [x, 0] });
    expect(sent).toEqual([{ type: 'ask', project: 'demo', run: 'r', id: 1, values: { x: [1, 0] } }]);
    one.receive({ type: 'answer', id: 1, parts: parts('a'), seconds: 0.1, step: 7 });
    expect(one.answer.value).toEqual({ parts: parts('a') });
    expect(one.step.value).toBe(7);
    expect(sent.at(-1)).toMatchObject({ id: 2, values: { x: [3, 0] } });
    // A run at work rests between two questions that nobody asked.
    expect(one.rest).toBe(2500);
  });

  it('an answer for which kernels were compiled doesn’t hold up the next; slow ones take at most a tenth of a run’s time', () => {
    const { playing: one } = playing(state({ phase: 'training', run: 'r' }));
    const rests = [8, 2, 2, 9, 2].map((seconds, i) => {
      one.ask({ x: [i, 0] });
      one.receive({ type: 'answer', id: i + 1, parts: parts('a'), seconds, step: i });
      return one.rest;
    });
    expect(rests).toEqual([15_000, 20_000, 20_000, 20_000, 20_000]);
  });

  it('a surface is asked for beside them, and a refusal leaves what was shown', () => {
    const { sent, playing: one } = playing(idleRun);
    one.ask({ x: [1, 0] });
    one.askSurface();
    one.askSurface();
    expect(sent.map(({ type }) => type)).toEqual(['ask', 'askSurface']);
    expect(sent[0]).not.toHaveProperty('run');
    one.receive({ type: 'surface', id: 2, svg: '<svg/>', seconds: 0.5 });
    one.receive({ type: 'answer', id: 1, parts: parts('a'), seconds: 0 });
    one.ask({ x: [2, 0] });
    one.receive({ type: 'noAnswer', id: 3, error: { name: 'Busy', message: 'A run begins here.' } });
    expect(one.surface.value).toBe('<svg/>');
    expect(one.answer.value).toEqual({ parts: parts('a') });
    one.ask({ x: [2, 0] });
    one.receive({ type: 'noAnswer', id: 4, error: { name: 'TilegradError', message: 'no' } });
    expect(one.answer.value).toEqual({ error: { name: 'TilegradError', message: 'no' } });
    one.ask({ x: [2, 0] });
    one.unask();
    one.receive({ type: 'answer', id: 5, parts: parts('late'), seconds: 0 });
    expect(one.answer.value).toBeUndefined();
  });
});

test('a figure is drawn again only while it is in sight, and for an eighth of the time', async () => {
  vi.useFakeTimers();
  try {
    const shown: string[] = [];
    const glimpses = new Glimpses((name) => void shown.push(name));
    const figure = { title: '', panels: [] };
    await glimpses.of('a')?.(figure);
    vi.advanceTimersByTime(10_000);
    expect(glimpses.of('a')).toBeUndefined();
    glimpses.see(['a']);
    await glimpses.of('a')?.(figure);
    expect(shown).toEqual(['a', 'a']);
    expect(glimpses.of('a')).toBeUndefined();
    // Drawing took 100 ms: not again before 800 are over.
    vi.advanceTimersByTime(10_000);
    const draw = glimpses.of('a');
    vi.advanceTimersByTime(100);
    await draw?.(figure);
    vi.advanceTimersByTime(790);
    expect(glimpses.of('a')).toBeUndefined();
    vi.advanceTimersByTime(20);
    expect(glimpses.of('a')).toBeDefined();
    glimpses.begin();
    glimpses.see([]);
    expect(glimpses.of('a')).toBeDefined();
  } finally {
    vi.useRealTimers();
  }
});

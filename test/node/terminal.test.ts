import { expect, it } from 'vitest';
import { printable, printableJson } from '../../runtime/node/printable.ts';
import { formatProgress, Progress } from '../../runtime/node/progress.ts';
import { formatBytes, formatDuration, StatusLine } from '../../runtime/node/status-line.ts';
import { formatTable } from '../../runtime/node/table.ts';
import { editDistance, nearest } from '../../runtime/run/nearest.ts';
import { kebabCase, readValue, resolveOptions } from '../../runtime/run/options.ts';

it('checks option values against their specification', () => {
  const number = { type: 'number', default: 1, help: '', min: 1, max: 9, integer: true } as const;
  expect(readValue(number, '3')).toEqual({ value: 3 });
  for (const text of ['0', '10', '2.5', 'many', '', 'NaN', 'Infinity']) expect(readValue(number, text)).toHaveProperty('problem');
  const choice = { type: 'string', default: 'a', help: '', choices: ['a', 'b'] } as const;
  expect(readValue(choice, 'b')).toEqual({ value: 'b' });
  expect(readValue(choice, 'c')).toEqual({ problem: 'It must be one of: a, b.' });
});

it('fills options up: given, then preset, then default', () => {
  const specs = {
    epochs: { type: 'number', default: 10, help: '' },
    mcPasses: { type: 'number', default: 100, help: '' },
    augment: { type: 'boolean', default: true, help: '' },
  } as const;
  const presets = { quick: { epochs: 1, mcPasses: 5 }, full: {} };
  expect(resolveOptions(specs, presets, 'quick', { mcPasses: 7, augment: false })).toEqual({ epochs: 1, mcPasses: 7, augment: false });
  expect(resolveOptions(specs, presets, 'default', {})).toEqual({ epochs: 10, mcPasses: 100, augment: true });
  expect(kebabCase('mcPasses')).toBe('mc-passes');
});

it('suggests the nearest name, and none that is far', () => {
  expect(editDistance('kitten', 'sitting')).toBe(3);
  expect(nearest('mc-dropot', ['mc-dropout', 'resnet'])).toBe('mc-dropout');
  expect(nearest('dropout', ['mc-dropout', 'resnet'])).toBe('mc-dropout');
  expect(nearest('zzz', ['mc-dropout', 'resnet'])).toBeUndefined();
});

it('draws the progress line', () => {
  expect(formatProgress({ phase: 'train', fraction: 0.25, loss: 0.1234567, rate: 4120.4, unit: 'images' }, 36)).toBe(
    'train  ━━━━━───────────────   25 %  0:36 left  loss 0.1235  4,120 images/s',
  );
});

it('reckons the time left from the speed since the run began, also in a resumed one', () => {
  let now = 0;
  const written: string[] = [];
  const progress = new Progress(
    new StatusLine({ isTTY: true, columns: 200, write: (text) => written.push(text) }, () => now),
    undefined,
    () => now,
  );
  progress.update({ phase: 'train', fraction: 0.8 });
  now = 10_000;
  progress.update({ phase: 'test', fraction: 0.9 });
  expect(written.at(-1)).toContain('0:10 left');
});

it('writes over one line in a terminal, and a plain line every five seconds elsewhere', () => {
  let now = 0;
  const terminal: string[] = [];
  const line = new StatusLine({ isTTY: true, columns: 10, write: (text) => terminal.push(text) }, () => now);
  line.update('a long text that would wrap');
  line.update('too soon');
  line.line('ordinary');
  expect(terminal).toEqual(['\r\x1b[2Ka long te', '\r\x1b[2K', 'ordinary\n']);
  const file: string[] = [];
  const plain = new StatusLine({ write: (text) => file.push(text) }, () => now);
  for (now = 0; now <= 12_000; now += 1000) plain.update(`at ${now}`);
  expect(file).toEqual(['at 5000\n', 'at 10000\n']);
});

it('formats sizes, durations and tables', () => {
  expect([999, 12_345, 9_912_422, 2e9].map(formatBytes)).toEqual(['999 B', '12.3 kB', '9.9 MB', '2.00 GB']);
  expect([0.4, 75, 3700].map(formatDuration)).toEqual(['0:00', '1:15', '1:01:40']);
  expect(
    formatTable({
      title: 'T',
      columns: ['who', 'n'],
      rows: [
        ['a', 5],
        ['bcd', 12],
      ],
    }),
  ).toBe('T\nwho   n\n───  ──\na     5\nbcd  12');
});

it('shows control characters of foreign texts in place of obeying them', () => {
  expect(printable('a\x1b]0;title\x07\r\n\tb\x9b31m \u202eabc äß字')).toBe('a\\u001b]0;title\\u0007\\u000d\n\tb\\u009b31m \\u202eabc äß字');
  const odd = { text: '\x1b[2J\x9b\u202e\n' };
  expect(printableJson(odd)).toBe('{"text":"\\u001b[2J\\u009b\\u202e\\n"}');
  expect(JSON.parse(printableJson(odd, 2))).toEqual(odd);
  const written: string[] = [];
  new StatusLine({ isTTY: true, columns: 99, write: (text) => written.push(text) }, () => 0).update('\x1b[31mred');
  expect(written).toEqual(['\r\x1b[2K\\u001b[31mred']);
});

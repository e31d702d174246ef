// What a screen reader is told: the turns of a run, not each of its steps.
import { signal } from '@preact/signals';

export const announcement = signal('');

export function announce(text: string): void {
  announcement.value = text;
}

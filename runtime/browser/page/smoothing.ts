import { signal } from '@preact/signals';

/** The weight of the average that is drawn over each line of all charts; 0 draws lines as they were recorded. */
export const smoothing = signal(0);

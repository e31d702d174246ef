// Lifetime-based placement: values whose lifetimes don't overlap share a buffer.
import type { Place } from './plan.ts';

/** A value of a plan in the making; one without a place gets a shared slot. */
export interface Value {
  readonly bytes: number;
  /** For errors: `f32 [8, 64, 56, 56]`. */
  readonly about: string;
  place: Place | undefined;
}

interface UsesValues {
  readonly bindings: readonly { readonly value: Value }[];
}

/**
 * Gives every value that has no place a slot, and returns the slots' sizes. A buffer is free again after the last step that binds
 * its value; within a step no two values share one, since a dispatch may not bind a buffer for reading and for writing.
 */
export function assignSlots(steps: readonly UsesValues[]): number[] {
  const last = new Map<Value, number>();
  steps.forEach((step, at) => {
    for (const { value } of step.bindings) if (!value.place) last.set(value, at);
  });
  const slots: number[] = [];
  const free: number[] = [];
  const ending = new Map<number, number[]>();
  steps.forEach((step, at) => {
    for (const { value } of step.bindings) {
      if (value.place) continue;
      const slot = takeSlot(slots, free, value.bytes);
      value.place = { kind: 'slot', slot };
      const end = last.get(value) as number;
      ending.set(end, [...(ending.get(end) ?? []), slot]);
    }
    free.push(...(ending.get(at) ?? []));
  });
  return slots;
}

/** The free slot that fits best: the smallest that is large enough, else the largest one, grown. */
function takeSlot(slots: number[], free: number[], bytes: number): number {
  let best = -1;
  for (const slot of free) {
    if (best < 0) best = slot;
    else if (slots[best] < bytes ? slots[slot] > slots[best] : slots[slot] >= bytes && slots[slot] < slots[best]) best = slot;
  }
  if (best < 0) return slots.push(bytes) - 1;
  free.splice(free.indexOf(best), 1);
  slots[best] = Math.max(slots[best], bytes);
  return best;
}

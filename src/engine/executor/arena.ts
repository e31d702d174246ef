import { lastWrite } from '../compiler/fresh.ts';
import { byteLength } from '../graph/dtype.ts';
import { advanceEpoch, type State } from '../graph/tensor.ts';
import { flushAssignments } from './evaluate.ts';
import { HeldBuffer } from './runtime.ts';
import { currentRuntime, isIdle } from './session.ts';

/**
 * Ends an arena, after all that was asked for before: those of its parts that are leaving take their values along, each into memory of its own;
 * the other parts, and its memory, are given up.
 */
export async function dissolve(arena: State, leaving: readonly State[]): Promise<void> {
  flushAssignments();
  // What never came to the GPU stands in the parts still.
  if (!arena.storage && isIdle()) return part(arena, leaving);
  const runtime = currentRuntime();
  await new Promise<void>((resolve, reject) =>
    runtime.enqueue((device) => {
      const from = arena.storage?.buffer as GPUBuffer | undefined;
      if (from) {
        for (const member of leaving) {
          const buffer = device.buffer(byteLength(member.dtype, member.size));
          if (member.size > 0) runtime.commands(device).copyBufferToBuffer(from, 4 * member.arenaOffset, buffer, 0, 4 * member.size);
          member.storage = { buffer, offset: 0 };
          runtime.releaseAfter(member, new HeldBuffer(device, buffer), buffer);
        }
        runtime.flush();
        runtime.keepReleased(from);
        device.release(from);
        arena.storage = undefined;
        runtime.generation++;
      }
      part(arena, leaving);
      resolve();
    }, reject),
  );
}

function part(arena: State, leaving: readonly State[]): void {
  const staying = arena.members.splice(0).filter((member) => !leaving.includes(member));
  for (const member of leaving) {
    member.writtenAt = lastWrite(member);
    member.arena = undefined;
    member.arenaOffset = 0;
  }
  // Whatever was made of the arena itself, or of what stays, is gone.
  const now = advanceEpoch();
  for (const gone of [arena, ...staying]) {
    gone.writtenAt = now;
    gone.host = undefined;
  }
}

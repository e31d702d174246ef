import { setProfiler } from './execute.ts';
import { type ProfileRow, Profiler } from './profile.ts';
import { currentRuntime } from './session.ts';

/**
 * Runs `body` and times every kernel it dispatches. Run the step once before, unless compiling is what you want to see: a driver that compiles a
 * kernel at its first dispatch, as software adapters do, counts that into the kernel's time.
 * @throws TilegradError when the adapter has no timestamp queries.
 */
export async function profile(body: () => unknown): Promise<ProfileRow[]> {
  const runtime = currentRuntime();
  const profiler = new Profiler(runtime, await runtime.open());
  setProfiler(profiler);
  try {
    await body();
    await new Promise<void>((resolve, reject) => runtime.enqueue(() => resolve(), reject));
  } finally {
    setProfiler(undefined);
  }
  return profiler.finish();
}

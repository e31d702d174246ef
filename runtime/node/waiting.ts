// How a process waits for a software adapter. As long as Dawn has work under way it looks after it in every turn of the event loop, by
// `setImmediate`, which keeps one core busy with nothing else. Where the same cores do that work, it takes them away from it.

/** Milliseconds of waiting in which Dawn looks at once, and then after each nap: what is that short must not become longer. */
const [AT_ONCE, NAPPING] = [0.1, 2];
/** Milliseconds of a nap, in which nothing else of this thread runs; and of a rest, in which everything does. */
const [NAP, REST] = [0.1, 1];

const native = /\[native code\]/;
/** Dawn's are the only ones without a name that are not written in JavaScript. */
const isDawns = (callback: (...args: never[]) => void) => callback.name === '' && native.test(Function.prototype.toString.call(callback));

let isPatient = false;

/**
 * From now on Dawn's turns of the event loop come with pauses between them, the longer the work takes: no more than a millisecond each.
 * Whatever else uses `setImmediate` has it as it was. Calling it again changes nothing.
 */
export function waitPatiently(): void {
  if (isPatient) return;
  isPatient = true;
  const { setImmediate } = globalThis;
  const nobody = new Int32Array(new SharedArrayBuffer(4));
  let [looking, since] = [false, 0];
  const patient = (callback: (...args: unknown[]) => void, ...args: unknown[]) => {
    if (!isDawns(callback)) return setImmediate(callback, ...args);
    const look = () => {
      looking = true;
      try {
        callback();
      } finally {
        looking = false;
      }
    };
    const now = performance.now();
    // Dawn asks for the next turn in one of its own, or else because there is work again.
    if (!looking) since = now;
    if (now - since < AT_ONCE) return setImmediate(look);
    if (now - since > NAPPING) return setTimeout(look, REST);
    return setImmediate(() => {
      Atomics.wait(nobody, 0, 0, NAP);
      look();
    });
  };
  // As it is promised by util.promisify.
  globalThis.setImmediate = Object.defineProperties(patient, Object.getOwnPropertyDescriptors(setImmediate)) as typeof setImmediate;
}

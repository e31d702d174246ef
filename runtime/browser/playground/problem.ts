// An error as a person meets it: what went wrong, and at which lines of the program.
import { SourceError } from './imports.ts';
import { inspect } from './inspect.ts';
import type { Place, Problem } from './protocol.ts';

/** @param url what the program's lines are called in stacks */
export function problemOf(error: unknown, url: string): Problem {
  if (error instanceof SourceError) return { message: error.message, places: error.places };
  if (!(error instanceof Error)) return { message: `uncaught ${inspect(error)}`, places: [] };
  const cause = error.cause === undefined ? '' : `\ncaused by ${error.cause instanceof Error ? error.cause.message : inspect(error.cause)}`;
  return { message: `${error.name}: ${error.message}${cause}`, places: placesOf(error.stack ?? '', url) };
}

/** The frames of a stack that lie in the program; both V8's form, `at step (url:3:7)`, and the others', `step@url:3:7`. */
export function placesOf(stack: string, url: string): readonly Place[] {
  return stack.split('\n').flatMap((frame): Place[] => {
    const at = frame.indexOf(`${url}:`);
    const [, line, column] = (at >= 0 && frame.slice(at + url.length).match(/^:(\d+):(\d+)/)) || [];
    if (line === undefined) return [];
    const [, within] = frame.match(/^\s+at (?:async )?([^(]+) \(/) ?? frame.match(/^([^@]+)@/) ?? [];
    return [{ line: Number(line), column: Number(column), ...(within && { within }) }];
  });
}

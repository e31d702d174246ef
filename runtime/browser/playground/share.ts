// A program inside a link: deflated, then base64url, so that it survives in an address's hash.
import { deflateSync, inflateSync, strFromU8, strToU8 } from 'fflate';

export function encodeProgram(code: string): string {
  const bytes = deflateSync(strToU8(code), { level: 9 });
  return btoa(strFromU8(bytes, true)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** @throws Error, with a message for a person, when the link was cut or changed on its way. */
export function decodeProgram(text: string): string {
  try {
    return strFromU8(inflateSync(strToU8(atob(text.replaceAll('-', '+').replaceAll('_', '/')), true)));
  } catch {
    throw new Error('the program in this link is damaged: part of the address is missing');
  }
}

/** Where `#/playground…` leads: a program of the list, or the one that the link carries. */
export type Place = { readonly name: string } | { readonly code: string } | { readonly damaged: string } | undefined;

export function parseHash(hash: string): Place {
  const [path, query] = hash.replace(/^#\/?/, '').split('?', 2);
  const code = new URLSearchParams(query).get('code');
  if (code !== null) {
    try {
      return { code: decodeProgram(code) };
    } catch (error) {
      return { damaged: (error as Error).message };
    }
  }
  const name = path.split('/')[1];
  return name ? { name } : undefined;
}

export const hashOfProgram = (code: string): string => `#/playground?code=${encodeProgram(code)}`;
export const hashOfExample = (name: string): string => `#/playground/${name}`;

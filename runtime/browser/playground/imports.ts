// Makes a program that imports 'tilegrad' one that a worker can import: checks its syntax and its imports, and puts the library's URL in.
import { type Node, parse } from 'acorn';
import { nearest } from '../../run/nearest.ts';
import type { Place, Problem } from './protocol.ts';

/** The program can't start; the place is in the user's text. */
export class SourceError extends Error implements Problem {
  readonly places: readonly [Place];

  constructor(name: string, message: string, place: Place) {
    super(`${name}: ${message}`);
    this.places = [place];
  }
}

/**
 * The program with every import of 'tilegrad' going to `url`. Lines stay where they are.
 * @throws SourceError for wrong syntax, for other imports, and for names that the library doesn't have.
 */
export function resolveImports(code: string, url: string, names: readonly string[]): string {
  const specifiers: { value: string; start: number; end: number }[] = [];
  walk(parseModule(code), (node) => {
    const { source, specifiers: imported } = node;
    if (!source) return;
    if (node.type === 'ImportExpression' && typeof source.value !== 'string') {
      throw errorAt(code, 'ImportError', 'import() takes a plain string here', source.start);
    }
    if (source.value !== 'tilegrad') {
      const name = JSON.stringify(source.value);
      throw errorAt(code, 'ImportError', `can't import ${name}: a program in the playground can import 'tilegrad' alone`, source.start);
    }
    for (const { imported: name } of imported ?? []) if (name) checkName(code, name, names);
    specifiers.push({ value: url, start: source.start, end: source.end });
  });
  let result = '';
  let end = 0;
  for (const specifier of specifiers.sort((a, b) => a.start - b.start)) {
    result += code.slice(end, specifier.start) + JSON.stringify(specifier.value);
    end = specifier.end;
  }
  return result + code.slice(end);
}

interface ImportingNode extends Node {
  readonly source?: (Node & { readonly value?: unknown }) | null;
  readonly specifiers?: readonly { readonly imported?: Node & { readonly name?: string } }[];
}

function parseModule(code: string): Node {
  try {
    return parse(code, { ecmaVersion: 'latest', sourceType: 'module' });
  } catch (error) {
    const { message, pos } = error as SyntaxError & { pos: number };
    throw errorAt(code, 'SyntaxError', message.replace(/ \(\d+:\d+\)$/, ''), pos);
  }
}

/** Visits every node of the tree. */
function walk(node: Node, visit: (node: ImportingNode) => void): void {
  visit(node);
  for (const child of Object.values(node)) {
    for (const one of Array.isArray(child) ? child : [child]) if (typeof one?.type === 'string') walk(one, visit);
  }
}

function checkName(code: string, { name, start }: Node & { readonly name?: string }, names: readonly string[]): void {
  if (name === undefined || names.includes(name)) return;
  const meant = nearest(name, names);
  throw errorAt(code, 'ImportError', `tilegrad has no '${name}'${meant ? `; did you mean '${meant}'?` : ''}`, start);
}

function errorAt(code: string, name: string, message: string, position: number): SourceError {
  const before = code.slice(0, position).split('\n');
  return new SourceError(name, message, { line: before.length, column: (before.at(-1) as string).length + 1 });
}

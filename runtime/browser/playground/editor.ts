// The code editor: CodeMirror with tilegrad's names in its completion and the program's errors at their lines.
import {
  autocompletion,
  type Completion,
  type CompletionContext,
  type CompletionResult,
  closeBrackets,
  closeBracketsKeymap,
} from '@codemirror/autocomplete';
import { indentWithTab, isolateHistory } from '@codemirror/commands';
import { javascript, javascriptLanguage } from '@codemirror/lang-javascript';
import { bracketMatching, HighlightStyle, indentOnInput, syntaxHighlighting } from '@codemirror/language';
import { type Diagnostic, lintGutter, setDiagnostics } from '@codemirror/lint';
import { EditorState, type Extension, Prec } from '@codemirror/state';
import { drawSelection, highlightActiveLine, highlightActiveLineGutter, keymap, lineNumbers } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { EditorView, minimalSetup } from 'codemirror';
import type { ApiNames, Place, Problem } from './protocol.ts';

export interface EditorOptions {
  readonly parent: HTMLElement;
  readonly run: () => void;
  readonly change: (code: string) => void;
  /** The library's names, once a worker has loaded it. */
  readonly api: () => ApiNames | undefined;
}

export class Editor {
  private readonly view: EditorView;
  private readonly extensions: Extension;

  constructor({ parent, run, change, api }: EditorOptions) {
    const runs = () => {
      run();
      return true;
    };
    this.extensions = [
      Prec.highest(keymap.of([{ key: 'Mod-Enter', run: runs }])),
      minimalSetup,
      lineNumbers(),
      highlightActiveLine(),
      highlightActiveLineGutter(),
      drawSelection(),
      bracketMatching(),
      closeBrackets(),
      indentOnInput(),
      autocompletion({ icons: false }),
      keymap.of([...closeBracketsKeymap, indentWithTab]),
      javascript(),
      javascriptLanguage.data.of({ autocomplete: (context: CompletionContext) => complete(context, api()) }),
      lintGutter(),
      syntaxHighlighting(colours),
      EditorView.lineWrapping,
      EditorView.contentAttributes.of({ 'aria-label': 'Program', 'aria-describedby': 'playground-keys', tabindex: '0' }),
      EditorView.updateListener.of((update) => {
        if (update.docChanged) change(this.code);
      }),
    ];
    this.view = new EditorView({ parent, extensions: this.extensions });
  }

  get code(): string {
    return this.view.state.doc.toString();
  }

  /** Another program, with a history of its own: nothing leads back to the one before. */
  load(code: string): void {
    this.view.setState(EditorState.create({ doc: code, extensions: this.extensions }));
    this.view.scrollDOM.scrollTo(0, 0);
  }

  /** The same program as it was at first, which can be undone. */
  reset(code: string): void {
    // By itself, however soon it follows what was typed.
    const annotations = isolateHistory.of('full');
    this.view.dispatch({ changes: { from: 0, to: this.view.state.doc.length, insert: code }, annotations });
    this.mark([]);
    this.view.scrollDOM.scrollTo(0, 0);
  }

  /** Underlines the lines that errors came from, with the message beside the line number. */
  mark(problems: readonly Problem[]): void {
    const diagnostics = problems.flatMap(({ message, places }): Diagnostic[] => {
      if (places.length === 0 || places[0].line > this.view.state.doc.lines) return [];
      const line = this.view.state.doc.line(places[0].line);
      const from = Math.min(line.from + places[0].column - 1, line.to);
      return [{ from: from === line.to ? line.from : from, to: line.to, severity: 'error', message }];
    });
    this.view.dispatch(setDiagnostics(this.view.state, diagnostics));
  }

  /** Puts the cursor at a place and shows it. */
  goTo({ line, column }: Place): void {
    const { doc } = this.view.state;
    const { from, to } = doc.line(Math.min(line, doc.lines));
    this.view.dispatch({
      selection: { anchor: Math.min(from + column - 1, to) },
      effects: EditorView.scrollIntoView(from, { y: 'center' }),
    });
    this.view.focus();
  }

  focus(): void {
    this.view.focus();
  }

  destroy(): void {
    this.view.destroy();
  }
}

/** Colours are the page's: it says in its styles what they are in light and in dark. */
const colours = HighlightStyle.define(
  Object.entries({
    keyword: [tags.keyword, tags.operatorKeyword, tags.modifier, tags.self],
    text: [tags.string, tags.regexp, tags.special(tags.string)],
    number: [tags.number, tags.bool, tags.null],
    comment: [tags.comment],
    definition: [tags.definition(tags.variableName), tags.definition(tags.propertyName)],
    call: [tags.function(tags.variableName), tags.function(tags.propertyName)],
    type: [tags.className, tags.typeName],
  }).map(([name, tag]) => ({ tag, color: `var(--code-${name})` })),
);

/** What follows a dot is a member of a namespace, or else of a tensor; a plain word may be an export. */
function complete(context: CompletionContext, api: ApiNames | undefined): CompletionResult | null {
  if (!api) return null;
  const member = context.matchBefore(/([\w$.]*[\w$)\]])\.\w*$/);
  if (member) {
    const dot = member.text.lastIndexOf('.');
    const options = api.members[member.text.slice(0, dot)] ?? api.tensor;
    return { from: member.from + dot + 1, options: options.map((label): Completion => ({ label, type: 'property' })), validFor: /^\w*$/ };
  }
  const word = context.matchBefore(/\w+$/);
  if (!word) return null;
  return { from: word.from, options: api.exports.map((label): Completion => ({ label, type: 'function' })), validFor: /^\w*$/ };
}

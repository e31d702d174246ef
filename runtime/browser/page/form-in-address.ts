// The form stands in the address, so that a run can be passed on as a link. Opening one fills the form and starts nothing.
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { formOfQuery, formQuery } from './form.ts';
import { replaceRoute, route } from './router.ts';
import type { Session } from './session.ts';

/** @param asked what the address says of the form */
export function useFormInAddress(session: Session, asked: string | undefined): void {
  const { project, form } = session;
  // What stands there because of us is no wish of the person's.
  const written = useRef<string>();
  // Before anything is painted: the form would jump.
  useLayoutEffect(() => {
    if (asked === undefined || asked === written.current || session.active) return;
    // An address that the page itself has left behind while the person went on typing: it must not undo what was typed since.
    if (route.value.view !== 'project' || route.value.form !== asked) return;
    form.value = formOfQuery(project, asked);
  }, [session, asked]);
  const query = formQuery(project, form.value);
  useEffect(() => {
    const { value } = route;
    if (value.view !== 'project' || value.name !== project.name) return;
    written.current = query;
    if ((value.form ?? '') === query) return;
    const { form: _, ...rest } = value;
    replaceRoute(query === '' ? rest : { ...rest, form: query });
  }, [query, asked]);
}

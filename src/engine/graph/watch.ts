// What a traced function looks at beside its arguments: switches, and the fields of watched objects (modules). Its plan holds while all of
// that stands as it stood.

/** Counts the changes of all watched objects' fields: while it stands still, no field needs to be compared. */
let changes = 0;
/** What the function being traced has read. */
let current: Reads | undefined;

interface Guard {
  readonly read: () => unknown;
  readonly value: unknown;
}

const guard = (read: () => unknown): Guard => ({ read, value: read() });
const stands = ({ read, value }: Guard): boolean => Object.is(read(), value);

/** A field as it stands, without running a getter; of an inherited one, that there is none of the object's own. */
function fieldOf(target: object, key: PropertyKey): unknown {
  const field = Object.getOwnPropertyDescriptor(target, key);
  return field && ('value' in field ? field.value : field.get);
}

/** Arrays and plain objects. What is in them can change without anyone hearing of it. */
type Container = readonly unknown[] | Readonly<Record<string, unknown>>;

export function isContainer(value: unknown): value is Container {
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  // Object.prototype of any realm.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

type Watched = Container | ReadonlyMap<unknown, unknown> | ReadonlySet<unknown>;

/** What was in a container, and whether it still is: asked at every call, so nothing is made for it where that can be helped. */
class Contents {
  readonly items: readonly unknown[];
  private readonly names: readonly string[];

  constructor(private readonly container: Watched) {
    this.names = Array.isArray(container) ? [] : Object.keys(container);
    this.items = [...this.now()];
  }

  private now(): readonly unknown[] {
    const { container } = this;
    if (Array.isArray(container)) return container;
    return container instanceof Map || container instanceof Set ? [...container.entries()].flat() : Object.values(container);
  }

  stand(): boolean {
    const { container, items, names } = this;
    const now = this.now();
    if (now.length !== items.length) return false;
    for (let i = 0; i < items.length; i++) if (!Object.is(items[i], now[i])) return false;
    return names.every((name) => Object.hasOwn(container, name));
  }
}

/** What one trace reads. */
export class Reads {
  private readonly switches: Guard[] = [];
  private readonly fields = new Map<object, Set<PropertyKey>>();
  private readonly written = new Map<object, Set<PropertyKey>>();
  private readonly names = new Map<object, () => unknown>();

  /** Calls `body` and notes what it reads. */
  during<R>(body: () => R): R {
    const outer = current;
    current = this;
    try {
      return body();
    } finally {
      current = outer;
    }
  }

  switch(read: () => unknown, value: unknown): void {
    this.switches.push({ read, value });
  }

  field(target: object, key: PropertyKey): void {
    add(this.fields, target, key);
  }

  write(target: object, key: PropertyKey): void {
    add(this.written, target, key);
  }

  fieldNames(target: object, read: () => unknown): void {
    this.names.set(target, read);
  }

  /**
   * The guards of the plan. What the function writes itself, such as a count of its calls, is no condition of its own; a watched object that it
   * made there is.
   */
  guards(): Guards {
    const fields: Guard[] = [...this.names.values()].map(guard);
    const containers = new Map<Watched, Contents>();
    const collect = (value: unknown): void => {
      if (!(isContainer(value) || value instanceof Map || value instanceof Set) || containers.has(value)) return;
      const contents = new Contents(value);
      containers.set(value, contents);
      contents.items.forEach(collect);
    };
    for (const [target, keys] of this.fields) {
      for (const key of keys) {
        const field = guard(() => fieldOf(target, key));
        if (this.written.get(target)?.has(key) && !targets.has(field.value as object)) continue;
        fields.push(field);
        collect(field.value);
      }
    }
    return new Guards(this.switches, fields, [...containers.values()]);
  }
}

function add(map: Map<object, Set<PropertyKey>>, target: object, key: PropertyKey): void {
  const keys = map.get(target);
  if (keys) keys.add(key);
  else map.set(target, new Set([key]));
}

/** What a plan was made from. */
export class Guards {
  private compared = changes;

  constructor(
    private readonly switches: readonly Guard[],
    private readonly fields: readonly Guard[],
    private readonly contents: readonly Contents[],
  ) {}

  /** Whether all of it stands as it stood. */
  hold(): boolean {
    if (!this.switches.every(stands) || !this.contents.every((contents) => contents.stand())) return false;
    if (this.compared === changes) return true;
    if (!this.fields.every(stands)) return false;
    this.compared = changes;
    return true;
  }
}

/** Reads a switch that decides what is traced, so that changing it makes a compiled function trace anew. */
export function guarded<V>(read: () => V): V {
  const value = read();
  current?.switch(read, value);
  return value;
}

const targets = new WeakMap<object, object>();

/** What stands, or stood, where others can find it: in the fields of watched objects, and in containers there. */
const shown = new WeakSet<object>();

export function show(value: unknown): void {
  if (typeof value !== 'object' || value === null || shown.has(value)) return;
  shown.add(value);
  if (isContainer(value)) Object.values(value).forEach(show);
  else if (value instanceof Map || value instanceof Set) value.forEach(show);
}

export const isShown = (value: object): boolean => shown.has(value);

const handler: ProxyHandler<object> = {
  get(target, key, receiver) {
    current?.field(target, key);
    return Reflect.get(target, key, receiver);
  },
  has(target, key) {
    current?.field(target, key);
    return Reflect.has(target, key);
  },
  defineProperty(target, key, field) {
    if (!('value' in field) || !Object.is(field.value, fieldOf(target, key))) changes++;
    current?.write(target, key);
    show(field.value);
    return Reflect.defineProperty(target, key, field);
  },
  deleteProperty(target, key) {
    changes++;
    current?.write(target, key);
    return Reflect.deleteProperty(target, key);
  },
};

/** Notes that the function being traced read a field of an object that isn't watched itself. */
export function fieldRead(target: object, key: PropertyKey): void {
  current?.field(target, key);
}

/** Tells compiled functions that such a field changed. */
export function fieldChanged(target: object, key: PropertyKey): void {
  changes++;
  current?.write(target, key);
}

/** Stands for `target` in everything: compiled functions notice when a field that they read changes, or what is in an array there. */
export function watched<T extends object>(target: T): T {
  const proxy = new Proxy(target, handler) as T;
  targets.set(proxy, target);
  return proxy;
}

/** The own fields of an object that `matter`: of a watched one, a trace depends on these alone, and not on all that it came by. */
export function fieldsThat(matter: (value: unknown) => boolean, object: object): [string, unknown][] {
  const target = targets.get(object) ?? object;
  const found = () => Object.entries(target).filter(([, value]) => matter(value));
  current?.fieldNames(target, () =>
    found()
      .map(([key]) => key)
      .join(),
  );
  const fields = found();
  for (const [key] of fields) current?.field(target, key);
  return fields;
}

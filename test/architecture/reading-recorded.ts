type Node = Record<string, unknown>;

/** Wraps a tree so that it knows which of its fields were read: a compiled schema reads those that it has a word for. */
export function readingRecorded(tree: Node) {
  const read = new Set<string>();
  const wrap = (node: Node, path: string): Node =>
    new Proxy(node, {
      get(target, name) {
        const value = Reflect.get(target, name) as unknown;
        if (typeof name === 'symbol') return value;
        const at = `${path}/${name}`;
        read.add(at);
        return typeof value === 'object' && value !== null ? wrap(value as Node, at) : value;
      },
    });
  const unread = () => pathsIn(tree, '').filter((path) => !read.has(path));
  return { recorded: wrap(tree, ''), unread };
}

function pathsIn(node: unknown, path: string): string[] {
  if (typeof node !== 'object' || node === null) return [path];
  return [
    ...(path ? [path] : []),
    ...Object.entries(node).flatMap(([name, child]) => pathsIn(child, `${path}/${name}`)),
  ];
}

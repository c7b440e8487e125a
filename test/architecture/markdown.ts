/** The names that stand in backticks at the start of the rows of every table whose first column has this title. */
export function firstColumn(markdown: string, title: string): string[] {
  const tables = markdown.split(/\n(?!\|)/);
  const wanted = tables.map((table) => table.trim().split('\n')).filter(([head = '']) => cell(head) === title);
  return wanted.flatMap((rows) => rows.slice(2).map((row) => cell(row).replaceAll('`', '')));
}

/** The names in backticks that second-level headings consist of. */
export function namedSections(markdown: string): string[] {
  return [...markdown.matchAll(/^## `(.+)`$/gm)].map(([, name = '']) => name);
}

function cell(row: string): string {
  return row.split('|')[1]?.trim() ?? '';
}

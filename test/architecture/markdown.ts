/** The names that stand in backticks at the start of the rows of every table whose first column has this title. */
export function firstColumn(markdown: string, title: string): string[] {
  return rowsOf(markdown, title).map(([first = '']) => first.replaceAll('`', ''));
}

/** The cells of every row of every table whose first column has this title. */
export function rowsOf(markdown: string, title: string): string[][] {
  const tables = markdown.split(/\n(?!\|)/).map((table) => table.trim().split('\n').map(cellsOf));
  return tables.filter(([head = []]) => head[0] === title).flatMap((rows) => rows.slice(2));
}

/** The names in backticks that second-level headings consist of. */
export function namedSections(markdown: string): string[] {
  return [...markdown.matchAll(/^## `(.+)`$/gm)].map(([, name = '']) => name);
}

export interface Link {
  readonly text: string;
  readonly target: string;
}

/** Links and pictures, also those in HTML, without those to other sites. */
export function localLinks(markdown: string): Link[] {
  const text = withoutCode(markdown);
  const written = [...text.matchAll(/\[([^\]]*)\]\(([^)\s]+)\)/g)].map(([, name = '', target = '']) => [name, target]);
  const html = [...text.matchAll(/<(?:img|a)\b[^>]*?\b(?:src|href)="([^"]+)"/g)].map(([, target = '']) => ['', target]);
  return [...written, ...html]
    .map(([name = '', target = '']) => ({ text: name, target }))
    .filter(({ target }) => !/^[a-z]+:/.test(target));
}

/** The anchors that GitHub gives to headings. */
export function anchorsOf(markdown: string): string[] {
  const headings = [...withoutCode(markdown).matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) => heading);
  return headings.map((heading) =>
    heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** Without fenced blocks of code. */
export function withoutCode(markdown: string): string {
  return markdown.replace(/^(```+)[\s\S]*?^\1$/gm, '');
}

function cellsOf(row: string): string[] {
  return row
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((each) => each.trim());
}

import { curl, quoted, type Recipe } from '../parts/copy-as';

interface NewFilm {
  readonly topic: string;
  readonly settings: object;
  readonly start?: { readonly gates?: readonly string[] };
}

const FLAGS: Readonly<Record<string, string>> = {
  name: 'name',
  scenes: 'scenes',
  style: 'style',
  budget: 'budget',
  language: 'language',
  frame: 'frame',
  gates: 'gate',
};

/** How other programs make this film. Without a line for the command line if that lacks one of the options. */
export function newFilmRecipe(body: NewFilm): Recipe {
  const { topic, settings, start, ...rest } = body;
  const options = Object.entries({ ...rest, ...settings, ...start });
  const flags = options.flatMap(([name, value]) =>
    [value as unknown].flat().map((each) => `--${FLAGS[name] ?? ''}=${quoted(String(each))}`),
  );
  const isComplete = options.every(([name]) => name in FLAGS);
  return {
    curl: curl('POST', '/v1/projects', body),
    ...(isComplete && { cli: ['storyreel generate', ...flags, '--', quoted(topic)].join(' ') }),
    ts: [
      `const projectId = await client.create(${JSON.stringify({ topic, ...rest, settings })})`,
      `await client.start(projectId, ${JSON.stringify(start ?? {})})`,
    ].join('\n'),
  };
}

interface Scene {
  readonly scene_number: number;
  readonly narration: string;
}

/**
 * The scenes of a committed storyboard; undefined if it is not plain JSON. Only for display: Postgres is the authority.
 */
export function scenesIn(text: string): Scene[] | undefined {
  try {
    const { scenes } = JSON.parse(text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1)) as { scenes: unknown[] };
    return scenes.map((scene, i) => ({
      scene_number: i + 1,
      narration: String((scene as Partial<Scene>).narration ?? ''),
    }));
  } catch {
    return undefined;
  }
}

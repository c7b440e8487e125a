import { parseCamera } from './parser';

/** The move in the model's own words, where it said more than a name; read from its answer, of which they are a part. */
export function wordsOfMove({
  text,
  movement,
}: {
  readonly text: string;
  readonly movement: string;
}): string | undefined {
  try {
    const choice = parseCamera(text);
    // A person may have chosen another move since then.
    return choice.movement === movement ? choice.words : undefined;
  } catch {
    return undefined;
  }
}

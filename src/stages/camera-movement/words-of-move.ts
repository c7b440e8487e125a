import { parseCamera } from './parser';

/** The move in the model's own words, if it wrote more than a name; they are a part of its answer. */
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

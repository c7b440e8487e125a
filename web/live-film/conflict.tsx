import { t } from '../i18n';
import { Button } from '../parts/button';

interface ConflictProps {
  readonly yours: string;
  readonly theirs: string;
  readonly base: string;
  readonly onKeep: () => void;
  readonly onTake: () => void;
}

/** Two people have changed one field: nothing is lost before one of them has chosen. */
export function Conflict({ yours, theirs, base, onKeep, onTake }: ConflictProps) {
  const words = t();
  return (
    <div class="conflict" role="alert">
      <p>
        <strong>{words.sentence(words.conflictTitle)}</strong> {words.conflictHint}
      </p>
      <div class="versions">
        <figure>
          <figcaption>{words.yours}</figcaption>
          <blockquote>{yours}</blockquote>
          <Button onClick={onKeep}>{words.keepYours}</Button>
        </figure>
        <figure>
          <figcaption>
            {words.theirs} {theirs === base && '='}
          </figcaption>
          <blockquote>{theirs}</blockquote>
          <Button onClick={onTake}>{words.takeTheirs}</Button>
        </figure>
      </div>
    </div>
  );
}

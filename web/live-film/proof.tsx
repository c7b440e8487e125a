import { t } from '../i18n';
import type { Story } from '../story/story';

interface ProofMarkProps {
  readonly story: Story;
  readonly lane: string;
  /** Its sign alone, where the head of a column states what it means. */
  readonly bare?: boolean;
}

/** Whether the text on the page is the stored one. The mark appears only after the page has hashed its text. */
export function ProofMark({ story, lane, bare = false }: ProofMarkProps) {
  const words = t();
  const { proof, sha256 } = story.model.lane(lane) ?? {};
  switch (proof) {
    case 'verified':
      return (
        <span class="proof proof-verified" title={words.verifiedHint}>
          ✓ <span class={bare ? 'sr-only' : undefined}>{words.verified}</span>
        </span>
      );
    case 'mismatch':
      return <span class="proof proof-differs">≠ {words.unverified}</span>;
    case 'checking':
      return <span class="proof">… {words.verifying}</span>;
    case 'unknown':
    case undefined:
      // Settled, and this browser cannot hash.
      return sha256 === undefined ? null : <span class="proof">{words.cannotVerify}</span>;
  }
}

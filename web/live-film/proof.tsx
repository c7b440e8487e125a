import { t } from '../i18n';
import type { Story } from '../story/story';

interface ProofMarkProps {
  readonly story: Story;
  readonly lane: string;
  /** Its sign alone, where the head of a column states what it means. */
  readonly bare?: boolean;
}

const LOOKS = {
  verified: ['✓', 'verified'],
  mismatch: ['≠', 'unverified'],
  checking: ['…', 'verifying'],
  // Settled, and this browser cannot hash.
  unknown: ['–', 'cannotVerify'],
} as const;

/** Whether the text on the page is the stored one. The mark appears only after the page has hashed its text. */
export function ProofMark({ story, lane, bare = false }: ProofMarkProps) {
  const words = t();
  const { proof, sha256 } = story.model.lane(lane) ?? {};
  // Not a text, or one that is not settled.
  if (proof === undefined || sha256 === undefined) return null;
  const [sign, word] = LOOKS[proof];
  return (
    <span class={`proof proof-${proof}`} title={proof === 'verified' ? words.verifiedHint : words[word]}>
      {sign} <span class={bare ? 'sr-only' : undefined}>{words[word]}</span>
    </span>
  );
}

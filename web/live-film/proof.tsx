import { t } from '../i18n';
import type { Story } from '../story/story';

/** Whether the text on the page is the stored one. The mark appears only after the page has hashed its text. */
export function ProofMark({ story, lane }: { readonly story: Story; readonly lane: string }) {
  const words = t();
  const { proof, sha256 } = story.model.lane(lane) ?? {};
  switch (proof) {
    case 'verified':
      return (
        <span class="proof proof-verified" title={words.verifiedHint}>
          ✓ {words.verified}
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

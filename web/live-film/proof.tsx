import { t } from '../i18n';
import type { LaneState } from '../story/lane-state';

/** Whether the text on the page is the stored one. The mark appears only after the page has hashed its text. */
export function ProofMark({ lane }: { readonly lane: LaneState | undefined }) {
  const words = t();
  switch (lane?.proof) {
    case 'verified':
      return (
        <span class="proof proof-verified" title={words.verifiedHint}>
          ✓ {words.verified}
        </span>
      );
    case 'differs':
      return <span class="proof proof-differs">≠ {words.unverified}</span>;
    case 'checking':
      return <span class="proof">… {words.verifying}</span>;
    case 'unable':
      return <span class="proof">{words.cannotVerify}</span>;
    case 'none':
    case undefined:
      return null;
  }
}

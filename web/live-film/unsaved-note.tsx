import { t } from '../i18n';
import { draftsOf } from '../parts/drafts';
import type { Story } from '../story/story';

export function UnsavedNote({ story }: { readonly story: Story }) {
  const changed = draftsOf(story.id).filter(([, { value, base }]) => value !== base);
  return changed.length === 0 ? null : <span class="chip">✎ {t().unsaved(changed.length)}</span>;
}

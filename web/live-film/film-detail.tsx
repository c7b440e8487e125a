import { t } from '../i18n';
import { frameChoices, languageChoices } from '../parts/setting-choices';
import type { Story } from '../story/story';
import { EditField } from './edit-field';

/** So many characters may need scrolling, which a keyboard can do only where the focus is. */
const LONG = 200;

/** What belongs to the whole film, to be changed in place: its topic, the language of its texts, and its frame. */
export function FilmDetail({ story }: { readonly story: Story }) {
  const words = t();
  const editable = story.editable.value;
  if (!editable) return <p class="quiet-text">{words.selectScene}</p>;
  const { topic, settings } = editable;
  const frames = frameChoices(settings.frame ?? '');
  const languages = languageChoices(settings.language ?? '');
  const nameIn = (choices: typeof frames, word: string | null) => choices.find(([each]) => each === (word ?? ''))?.[1];
  const detail = (label: string, shown: string | undefined, field: Parameters<typeof EditField>[0]) => (
    <div class="detail">
      <p class="label">{label}</p>
      {/* A whole text may be a topic. */}
      <p class="whole" dir="auto" tabIndex={(shown?.length ?? 0) > LONG ? 0 : undefined}>
        {shown}
      </p>
      <EditField {...field} />
    </div>
  );
  const about = (name: string, label: string) => ({
    story,
    field: name,
    label: words.named(words.edit, label),
    short: words.edit,
  });
  return (
    <div class="scene-detail">
      {detail(words.topic, topic, {
        ...about('topic', words.topic),
        read: (all) => all.topic,
        changes: (next) => ({ topic: next }),
      })}
      {detail(words.storyLanguage, nameIn(languages, settings.language), {
        ...about('settings.language', words.storyLanguage),
        read: (all) => all.settings.language ?? '',
        changes: (next) => ({ settings: { language: next || null } }),
        choices: languages,
      })}
      {detail(words.frame, nameIn(frames, settings.frame), {
        ...about('settings.frame', words.frame),
        read: (all) => all.settings.frame ?? '',
        changes: (next) => ({ settings: { frame: next || null } }),
        choices: frames,
      })}
      {editable.scenes.length > 0 && <p class="quiet-text">{words.selectScene}</p>}
    </div>
  );
}

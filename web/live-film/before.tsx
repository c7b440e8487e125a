import { t } from '../i18n';
import type { Story } from '../story/story';

/** A picture and a clip of a scene beside those that they have replaced, as far as the browser still has them. */
export function Before({ story, scene }: { readonly story: Story; readonly scene: number }) {
  const words = t();
  const shown = (['image', 'clip'] as const).flatMap((role) => {
    const now = story.model.asset(scene, role)?.sha256;
    const before = now === undefined ? undefined : story.earlier.shown.value.get(now);
    return now === undefined || before === undefined ? [] : [{ role, before, now: story.media(now) }];
  });
  if (shown.length === 0) return null;
  return (
    <section class="before" aria-labelledby="before-title">
      <h4 id="before-title">{words.beforeAfter}</h4>
      {shown.map(({ role, before, now }) => (
        <div key={now} class="versions">
          {[[words.before, before] as const, [words.now, now] as const].map(([name, address]) => (
            <figure key={name}>
              <figcaption>{words.named(words[role], name)}</figcaption>
              {role === 'image' ? (
                <img src={address} alt={words.named(words[role], name)} />
              ) : (
                <video src={address} controls muted loop playsInline aria-label={words.named(words[role], name)} />
              )}
            </figure>
          ))}
        </div>
      ))}
      <p class="hint">{words.beforeHint}</p>
    </section>
  );
}

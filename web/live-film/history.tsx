import { useEffect, useState } from 'preact/hooks';
import { laneOfRole } from '../../src/protocol';
import { ask, asProblem, type Problem } from '../api/ask';
import type { Editable, TextEdit } from '../api/types';
import { ago } from '../i18n/format';
import { language, t } from '../i18n';
import { Button } from '../parts/button';
import { CopyAs, curl } from '../parts/copy-as';
import { Trouble } from '../parts/trouble';
import { laneName } from '../parts/lane-name';
import type { Story } from '../story/story';
import { wordDiff } from '../text/word-diff';
import { actOn, storeEdit } from './act-on';
import { Consequence } from './consequence';
import { editRecipe } from './recipes';
import { undoEdit } from './undo';

/** The texts that people have replaced, the newest first: each beside the present one, and to be stored again. */
export function History({ story }: { readonly story: Story }) {
  const words = t();
  const [edits, setEdits] = useState<readonly TextEdit[]>();
  const [problem, setProblem] = useState<Problem>();
  const version = story.view.value?.version;
  useEffect(() => {
    let isOver = false;
    ask<{ readonly edits: readonly TextEdit[] }>('GET', `${story.path}/text-edits`)
      .then(({ body }) => isOver || (setEdits(body.edits), setProblem(undefined)))
      .catch((error: unknown) => isOver || setProblem(asProblem(error)));
    return () => {
      isOver = true;
    };
  }, [story, version]);
  return (
    <>
      <p class="hint">{words.historyHint}</p>
      <Trouble problem={problem} />
      {edits?.length === 0 && <p class="quiet-text">{words.historyEmpty}</p>}
      <ol class="history">
        {[...(edits ?? [])].reverse().map((edit) => (
          <Replaced key={`${edit.lane} ${edit.fence.after}`} story={story} edit={edit} />
        ))}
      </ol>
      <CopyAs recipe={{ curl: curl('GET', `${story.path}/text-edits`), ts: `await client.textEdits('${story.id}')` }} />
    </>
  );
}

function Replaced({ story, edit }: { readonly story: Story; readonly edit: TextEdit }) {
  const words = t();
  const [isOpen, setOpen] = useState(false);
  return (
    <li>
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>
          {laneName(edit.lane)}{' '}
          <span class="quiet-text">
            {words.version(edit.version)} · {edit.by === undefined ? words.edited : words.editedBy(edit.by)} ·{' '}
            <time dateTime={edit.at}>{ago(edit.at)}</time>
          </span>
        </summary>
        {isOpen && <Compared story={story} edit={edit} />}
      </details>
    </li>
  );
}

/** The earlier text beside the present one, word by word. */
function Compared({ story, edit }: { readonly story: Story; readonly edit: TextEdit }) {
  const words = t();
  const [present, setPresent] = useState<string>();
  const [problem, setProblem] = useState<Problem>();
  const { lane, previousText } = edit;
  const editable = story.editable.value;
  useEffect(() => {
    let isOver = false;
    ask<string>('GET', `${story.path}/lanes/text?lane=${encodeURIComponent(lane)}`)
      .then(({ body }) => isOver || setPresent(body))
      .catch((error: unknown) => isOver || setProblem(asProblem(error)));
    return () => {
      isOver = true;
    };
  }, [story, lane, editable?.version]);
  if (present === undefined) return <Trouble problem={problem} />;
  const reverse = editable && storedAgain(editable, lane, previousText);
  const restore = async () => {
    if (!reverse || !editable) return;
    await actOn(
      story,
      words.storeAgain,
      () => storeEdit(story, reverse, editable.version),
      ({ body }) => undoEdit(story, storedAgain(editable, lane, present) ?? {}, body.version),
    );
  };
  const isSame = present === previousText;
  const locale = story.view.value?.language ?? language.value;
  return (
    <div class="compared">
      {isSame ? (
        <p class="quiet-text">{words.sameText}</p>
      ) : (
        <p class="diff" lang={locale} dir="auto" tabIndex={0} role="region" aria-label={words.compared}>
          {wordDiff(previousText, present, locale).map(({ kind, text }, i) =>
            kind === 'same' ? (
              text
            ) : kind === 'removed' ? (
              <del key={i}>
                <span class="sr-only"> [{words.removedWords}] </span>
                {text}
              </del>
            ) : (
              <ins key={i}>
                <span class="sr-only"> [{words.addedWords}] </span>
                {text}
              </ins>
            ),
          )}
        </p>
      )}
      {!isSame && reverse && editable && (
        <div class="actions">
          <Button name={words.storeAgain} onClick={() => void restore()}>
            {words.storeAgain}
          </Button>
          <Consequence story={story} changes={reverse} />
          <CopyAs recipe={editRecipe(story, reverse, editable.version)} />
        </div>
      )}
      {!isSame && !reverse && <p class="hint">{words.storeAgainNot}</p>}
    </div>
  );
}

/** The edit that stores a text again; scenes are changed field by field. */
function storedAgain({ text, rewrite }: Editable, lane: string, content: string): object | undefined {
  if (text?.lane === lane) return { text: { lane, content } };
  return lane === laneOfRole('story') && rewrite !== undefined ? { rewrite: content } : undefined;
}

import { useEffect, useRef } from 'preact/hooks';
import { laneOfRole, stageOfRole, STAGES, type LaneStatus } from '../../src/protocol';
import { t } from '../i18n';
import { announce } from '../parts/announce';
import type { Story } from '../story/story';

/** Reads out the status of the stages and of the film, for people who do not see it: one sentence at each change. */
export function Narrator({ story }: { readonly story: Story }) {
  const words = t();
  const said = useRef(new Map<string, string>());
  const view = story.view.value;
  const { proof } = story.model.lane(laneOfRole('story')) ?? {};
  useEffect(() => {
    if (!view) return;
    // Who comes in the middle gets only later changes.
    const isFirst = said.current.size === 0;
    const say = (about: string, state: string, sentence: string | undefined) => {
      if (said.current.get(about) === state) return;
      said.current.set(about, state);
      if (!isFirst && sentence !== undefined) announce(sentence);
    };
    for (const { name } of STAGES) {
      const status = view.stages.find(({ stage }) => stage === name)?.status ?? 'pending';
      say(name, status, sentenceOf(name, status));
    }
    if (proof === 'verified' || proof === 'mismatch')
      say(
        'proof',
        proof,
        stated(words.stage(stageOfRole('story').name), proof === 'verified' ? words.verified : words.unverified),
      );
    say('film itself', view.status, stated(words.film, words.status(view.status)));
  }, [view, proof]);
  return null;
}

const stated = (name: string, state: string) => t().sentence(t().named(name, state));

function sentenceOf(stage: string, status: LaneStatus): string | undefined {
  const words = t();
  if (status === 'pending') return undefined;
  if (status === 'processing') return words.stageBegins(words.stage(stage));
  if (status === 'awaiting_approval') return words.stageWaits(words.stage(stage));
  return stated(words.stage(stage), words.status(status));
}

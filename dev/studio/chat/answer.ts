import type { Fault } from '../faults';
import { chooseCameraMovement } from '../writing/camera-movement';
import { spoilJson } from '../writing/json-fault';
import { languageOf } from '../writing/language';
import { sceneCountIn, storyIn, topicIn } from '../writing/prompt-reader';
import { writeStory } from '../writing/story';
import { drawStoryboard } from '../writing/storyboard';
import { contentOf, prefillOf, promptOf, type ChatRequest } from './request';

type Task = 'rewrite' | 'storyboard' | 'camera_movement' | 'talk';

/** The studio's answer to the request; after a prefill, only the text that follows it. */
export function answerTo(request: ChatRequest, studioSeed: number, fault: Fault): string {
  const seed = `${studioSeed}/${request.seed ?? ''}`;
  return continueFrom(prefillOf(request), fault.text ?? wholeAnswer(request, seed, fault));
}

function wholeAnswer(request: ChatRequest, seed: string, fault: Fault): string {
  const prompt = promptOf(request);
  // The last message is often a correction; the task itself, with its topic or story, is in the person's first.
  const first = request.messages.find((message) => message.role === 'user');
  const asked = first === undefined ? prompt : contentOf(first);
  const task = taskOf(request, prompt);
  switch (task) {
    case 'rewrite':
      return writeStory(topicIn(asked), seed);
    case 'storyboard': {
      const board = drawStoryboard(storyIn(asked), fault.scenes ?? sceneCountIn(prompt), seed);
      return jsonText(board, fault);
    }
    case 'camera_movement':
      return jsonText(chooseCameraMovement(asked, seed), fault);
    case 'talk':
      return languageOf(prompt) === 'zh'
        ? '好的,我在这里。请告诉我一个主题,我可以写成一个小故事。'
        : 'Thank you for your message. Give me a topic and I will gladly turn it into a short story.';
  }
}

function taskOf(request: ChatRequest, prompt: string): Task {
  const schema = request.response_format?.json_schema?.name ?? '';
  if (/storyboard|scenes/i.test(schema)) return 'storyboard';
  if (/camera/i.test(schema)) return 'camera_movement';
  if (/"movement"|camera[ _]move|运镜|镜头运动/i.test(prompt)) return 'camera_movement';
  if (/"scenes"|scene_number|storyboard|分镜/i.test(prompt)) return 'storyboard';
  return /\b(rewrite|retell|story|tale)\b|改写|故事|短文/i.test(prompt) ? 'rewrite' : 'talk';
}

function jsonText(value: object, fault: Fault): string {
  const json = JSON.stringify(value, null, 2);
  return fault.bad_json === undefined ? json : spoilJson(json, fault.bad_json);
}

/**
 * The text after the prefill. A prefill of another model is no beginning of this answer. The text then continues after
 * the longest end of the prefill that the answer also contains. Without one, it continues with the first sentence past
 * the same length.
 */
function continueFrom(prefill: string, answer: string): string {
  if (answer.startsWith(prefill)) return answer.slice(prefill.length);
  for (let length = Math.min(prefill.length, 200); length >= 8; length--) {
    const at = answer.indexOf(prefill.slice(-length));
    if (at >= 0) return answer.slice(at + length);
  }
  const sentence = answer.slice(prefill.length).search(/(?<=[.!?。!?\n])\s*\S/);
  return sentence < 0 ? '' : answer.slice(prefill.length + sentence);
}

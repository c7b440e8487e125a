import fc from 'fast-check';
import { ThinkBlock } from '../../src/providers/think-block';

/** What a viewer holds, and what were thoughts, of an answer that comes in these pieces. */
function read(pieces: readonly string[], options: ConstructorParameters<typeof ThinkBlock>[0] = {}) {
  const block = new ThinkBlock(options);
  let text = '';
  let thoughts = '';
  for (const told of [...pieces.flatMap((piece) => block.push(piece)), ...block.end()]) {
    if (told.type === 'text') text += told.text;
    else if (told.type === 'thought') thoughts += told.text;
    else text = '';
  }
  return { text, thoughts };
}

const cutAnywhere = (answer: string) =>
  fc.array(fc.nat({ max: answer.length }), { maxLength: 12 }).map((cuts) => {
    const places = [0, ...cuts.sort((a, b) => a - b), answer.length];
    return places.slice(1).map((to, i) => answer.slice(places[i], to));
  });

describe('A block of thoughts', () => {
  test.each<[answer: string, text: string]>([
    ['<think>plan</think>Once.', 'Once.'],
    ['\n <THINK>plan\n</think>\n\nOnce.', 'Once.'],
    ['<think>a</think>\n<think>b</think> Once.', 'Once.'],
    ['[THINK]plan[/THINK]Once.', 'Once.'],
    ['◁think▷plan◁/think▷Once.', 'Once.'],
    ['<|channel|>analysis<|message|>plan<|end|><|start|>assistant<|channel|>final<|message|>Once.', 'Once.'],
    ['<|channel|>final<|message|>Once.', 'Once.'],
    ['<|channel>thought\nplan<channel|>Once.', 'Once.'],
    ['<|START_THINKING|>plan<|END_THINKING|><|START_RESPONSE|>Once.', 'Once.'],
    ['<thoughts>plan</thoughts>\nOnce.', 'Once.'],
    ['<|begin_of_thought|>plan<|end_of_thought|>\n<|begin_of_solution|>Once.', 'Once.'],
    ['<details type="reasoning" done="true">\nplan\n</details>\nOnce.', 'Once.'],
    ['<think>plan</think><answer>Once.', 'Once.'],
    ['<|im_start|>assistant\nOnce.', 'Once.'],
    ['They want this.</think>\n\nOnce.', 'Once.'],
    ['<think>without an end', ''],
    ['Once she wrote <think> and </think> on a wall.', 'Once she wrote <think> and </think> on a wall.'],
    ['<thin ice> was near.', '<thin ice> was near.'],
    ['  Once.', '  Once.'],
    ['a < b, and [so] on.', 'a < b, and [so] on.'],
  ])('is no part of the text: %j', (answer, text) => {
    fc.assert(fc.property(cutAnywhere(answer), (pieces) => expect(read(pieces).text).toBe(text)));
  });

  test('that is known to be closed only is never shown', () => {
    const block = new ThinkBlock({ silentStart: true });
    expect([...block.push('They want'), ...block.push(' this.</thi')]).toEqual([]);
    expect(block.push('nk>\nOnce.')).toEqual([
      { type: 'thought', text: 'They want this.' },
      { type: 'text', text: 'Once.' },
    ]);
    expect(read(['Once', ' more.'], { silentStart: true }).text).toBe('Once more.');
  });

  test('is not looked for in a text that is gone on from', () => {
    expect(read(['more </think> marks'], { midway: true }).text).toBe('more </think> marks');
  });

  test('takes no longer than its length', () => {
    for (const piece of ['\n', '<', '</think', ' <think>', '[/']) {
      for (const silentStart of [true, false])
        read(
          Array.from({ length: 50_000 }, () => piece),
          { silentStart },
        );
    }
  });
});

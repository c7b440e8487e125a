import fc from 'fast-check';
import { askAgain, renderMessages, renderText } from '../../src/stages';

describe('A prompt template', () => {
  test('has its names filled in', () => {
    expect(renderText('Scene {{n}} of {{ total }}: {{text}}', { n: 3, total: 5, text: '雨' })).toBe('Scene 3 of 5: 雨');
  });

  test('shows a section where its name has a value, and leaves it out where not', () => {
    const template = 'A pier.{{#style}} Style: {{style}}.{{/style}}{{^style}} Plain.{{/style}}';
    expect(renderText(template, { style: 'ink' })).toBe('A pier. Style: ink.');
    expect(renderText(template, { style: '' })).toBe('A pier. Plain.');
    expect(renderText(template, {})).toBe('A pier. Plain.');
  });

  test('repeats a section for each of a list', () => {
    expect(renderText('{{#scenes}}[{{n}} {{topic}}]{{/scenes}}', { topic: 'x', scenes: [{ n: 1 }, { n: 2 }] })).toBe(
      '[1 x][2 x]',
    );
  });

  test('is empty where a name is missing', () => {
    expect(renderText('a {{missing}} b {{deep.missing}} c', {})).toBe('a  b  c');
  });

  test('takes any text as it is: nothing is escaped, and nothing in it is a template', () => {
    expect(renderText('{{text}}', { text: `<b>"Tom" & 'Ann'</b> {{topic}} {{#x}}` })).toBe(
      `<b>"Tom" & 'Ann'</b> {{topic}} {{#x}}`,
    );
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(renderText('[{{text}}]', { text, topic: 'x' })).toBe(`[${text}]`);
      }),
    );
  });

  test('makes a system and a user message', () => {
    expect(renderMessages({ system: ' You are {{who}}. ', user: '{{ask}}' }, { who: 'a poet', ask: 'Write.' })).toEqual(
      [
        { role: 'system', content: 'You are a poet.' },
        { role: 'user', content: 'Write.' },
      ],
    );
  });
});

describe('Asking again', () => {
  const asked = [
    { role: 'system' as const, content: 'You are an artist.' },
    { role: 'user' as const, content: 'Draw.' },
  ];

  test('keeps the question and names every issue', () => {
    const [system, user, ...more] = askAgain(asked, ['scenes: too many', 'scenes.0: no narration']);
    expect(more).toEqual([]);
    expect(system).toEqual(asked[0]);
    expect(user?.role).toBe('user');
    expect(user?.content).toMatch(/^Draw\.\n/);
    expect(user?.content).toContain('- scenes: too many\n- scenes.0: no narration');
  });

  test('does not change the conversation that it is given', () => {
    const before = structuredClone(asked);
    askAgain(asked, ['x']);
    expect(asked).toEqual(before);
  });

  test('adds a turn of its own after one of the model', () => {
    const turns = askAgain([...asked, { role: 'assistant', content: '{' }], ['the answer is not valid JSON']);
    expect(turns.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'user']);
  });
});

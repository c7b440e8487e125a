import { BUILT_IN, UnusableOutput, type TextChecks, type TextStage } from '../../src/stages';

const rewrite = BUILT_IN.ofKind('text', 'rewrite') as TextStage<string>;
const all: TextChecks = { refusal: true, length: true, repetition: true, script: true, markdown: true };

function refusalOf(text: string, topic = 'a lighthouse keeper', checks = all): UnusableOutput | undefined {
  try {
    rewrite.parse(text, { topic }, checks);
  } catch (error) {
    if (error instanceof UnusableOutput) return error;
    throw error;
  }
  return undefined;
}

const story =
  'Mara kept the light. One night a storm came over the bay. She caught it in a jar, and the sea lay still.';
const 故事 = '灯塔守护人每天擦亮灯。一天夜里,风暴来了。她把风暴装进瓶子,大海安静了。';

describe('A text in the place of a story', () => {
  test.each<[check: keyof TextChecks, text: string, topic?: string]>([
    ['refusal', "I'm sorry, but I can't help with that request."],
    ['refusal', 'I cannot create content of this kind. Please choose another topic.'],
    ['refusal', 'Unfortunately, I am unable to write this story, because it breaks our guidelines.'],
    ['refusal', '抱歉,我无法提供这样的内容,请换一个主题吧,谢谢。', '灯塔的故事和风暴'],
    ['refusal', 'Lo siento, pero no puedo escribir esta historia.'],
    ['refusal', 'Es tut mir leid, aber dabei kann ich leider nicht helfen.'],
    ['length', 'Once.'],
    ['length', 'Error: upstream timed out. Request id 7.'],
    ['length', 'You have exceeded your rate limit. Please try again later.'],
    ['length', 'The service is temporarily unavailable because of its maintenance.'],
    ['length', '当前分组上游负载已饱和,请稍后再试', '灯塔的故事和风暴'],
    ['repetition', 'The sea was calm and the light was on. '.repeat(250)],
    ['repetition', 'on and '.repeat(1_000)],
    ['repetition', `${'The keeper lit the lamp. The storm came closer. '.repeat(60)}`],
    ['script', story, '收集风暴的灯塔看守人'],
    ['script', 故事, 'a lighthouse keeper who collects storms'],
    ['script', story, 'Смотритель маяка и буря'],
    ['script', 故事, '嵐をあつめる灯台もりのはなし'],
    ['markdown', `# The Keeper\n\n${story}`],
    ['markdown', `**Narrator:** ${story}`],
    ['markdown', `\`\`\`\n${story}\n\`\`\``],
    ['markdown', `Here is the story:\n\n${story}`],
    ['markdown', `Sure! Here's a short story about a lighthouse keeper:\n\n${story}`],
    ['markdown', `This is your story:\n\n${story}`],
    ['markdown', `**Certainly! Below is your story.**\n${story}`],
    ['markdown', `好的,以下是故事:\n\n${故事}`, '灯塔的故事和风暴'],
    ['markdown', `Voici l’histoire :\n\n${story}`],
    ['markdown', `Hier ist eine kurze Geschichte:\n\n${story}`],
    ['markdown', `¡Claro! Aquí tienes la historia:\n\n${story}`],
    ['markdown', JSON.stringify({ title: 'The jar', story })],
    ['markdown', `${story}\n\nWould you like me to write a longer version?`],
  ])('is found by the check %p', (check, text, topic = 'a lighthouse keeper') => {
    expect(refusalOf(text, topic)).toMatchObject({ mostAnswers: 2 });
    expect(refusalOf(text, topic, { ...all, [check]: false })).toBeUndefined();
  });

  test.each<[what: string, text: string, topic?: string]>([
    ['a story', story],
    ['a story in Chinese', 故事, '灯塔的故事和风暴'],
    ['a Japanese story', 'あるよる、嵐がきた。灯台もりは瓶をあけた。海はしずかになった。', '嵐をあつめる灯台もり'],
    ['a story that begins with an excuse', `“I’m sorry,” she said. ${story}`],
    ['a first person who cannot swim', `I cannot swim. ${story}`],
    ['a keeper who knows no error', `An error of the keeper was rare. The service was hard. ${story}`],
    [
      'a refrain',
      `${story} The light turned. ${story.replace('jar', 'box')} The light turned. She slept. The light turned.`,
    ],
    ['a topic that names a language', story, '用英文写一个灯塔的故事'],
    ['a topic of two scripts', story, 'Totoro 龙猫 and the lighthouse'],
    ['a topic of no letters', story, '🐋🌊 42'],
    ['a story told within it', `Here is the story my grandmother told me:\n\n${story}`],
    ['a line of a story', `This is the story of Mara.\n\n${story}`],
    ['a line that announces it in the first person', `This is my story.\n\n${story}`],
    ['a line that states what it is about', `This is a story about a keeper.\n\n${story}`],
    ['a bracket before it', `[Night.] ${story}`],
    ['a dash in a dialogue', `- Who is there?\n- Me.\n${story}`],
  ])('is none in %s', (_what, text, topic = 'a lighthouse keeper') => {
    expect(refusalOf(text, topic)).toBeUndefined();
  });

  test('is stated without quoting it', () => {
    expect(refusalOf("I'm sorry, but I can't write about lighthouses.")?.message).not.toContain('lighthouse');
  });
});

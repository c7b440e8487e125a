import type { Dice } from '../dice';
import type { Language } from './language';
import { placeIn, sceneryOf } from './scenery';

/** The basis of a story: whether the topic names a hero or a matter, and the words for the slots of a plot. */
export interface Premise {
  opening: 'hero' | 'matter';
  slots: Record<string, string>;
}

const names = {
  en: { she: ['Mara', 'Ines', 'Odile', 'Tamsin', 'Runa'], he: ['Anselm', 'Jonas', 'Teodor', 'Bram', 'Elias'] },
  zh: { she: ['阿宁', '小满', '秋禾', '若溪'], he: ['老秦', '阿远', '石生', '望舒'] },
};
const male = /\b(man|boy|king|prince|father|brother|grandfather|wizard|monk|he|his)\b|男|爷|叔|父|国王|王子|和尚|老头/i;
const female = /\b(woman|girl|queen|princess|mother|sister|grandmother|witch|nun|she|her)\b|女|奶|姨|母|姐|妹|公主/i;

const agents =
  /\b\w*(keeper|maker|smith|fisher\w*|baker|painter|teacher|driver|hunter|dancer|singer|writer|farmer|gardener|sailor|doctor|tailor|soldier|engineer|postman|man|woman|boy|girl|child|king|queen|prince|princess|robot|android|fox|cat|dog|dragon|bear|wolf|owl|whale|rabbit|ghost|witch|wizard|monk|nun|thief|pirate|astronaut|cook|chef|pilot|student|librarian|musician|captain|detective|shepherd|orphan|giant)\b/i;
const idle =
  /^(a|an|the|of|in|on|at|to|and|or|with|from|for|by|who|that|which|whose|is|are|was|his|her|their|its|my|our|one|day|very|into|under|over)$/i;

/** Reads a topic. If the topic contains no name, the dice choose one. */
export function premiseOf(topic: string, language: Language, dice: Dice): Premise {
  const gender = male.test(topic) ? 'he' : female.test(topic) ? 'she' : dice.pick(['she', 'he'] as const);
  const place = placeIn(language, sceneryOf(topic));
  const given =
    /\b(?:named|called)\s+(\p{Lu}\p{L}+)/u.exec(topic)?.[1] ?? /(?:名叫|叫做)(\p{Script=Han}{2,3})/u.exec(topic)?.[1];
  const name = given ?? dice.pick(names[language][gender]);
  const read = language === 'zh' ? readChinese(topic) : readEnglish(topic);
  const pronouns =
    language === 'zh'
      ? { she: gender === 'she' ? '她' : '他' }
      : gender === 'she'
        ? { she: 'she', her: 'her', her_object: 'her' }
        : { she: 'he', her: 'his', her_object: 'him' };
  return { opening: read.opening, slots: { ...place, ...pronouns, ...read.slots, name } };
}

function readEnglish(topic: string): Premise {
  const bare = topic.replace(/^(?:please )?(?:write|tell|make)\b.*?\babout\s+/i, '') || 'a wish';
  const [head = bare, ...rest] = bare.split(
    /\s+(?=(?:who|that|which|whose|in|on|at|with|and|from|under|near|without|named|called)\b)/i,
  );
  const content = rest
    .join(' ')
    .split(/[^\p{L}\p{N}'’-]+/u)
    .filter((word) => word !== '' && !idle.test(word));
  const lowered = bare.replace(/^(An?|The|How|Why|When|What|Two|Three)\b/, (word) => word.toLowerCase());
  const told = lowered.replace(
    /\b(who|that) (\w+?)s\b/,
    (_, link: string, verb: string) => `${link} ${past[verb] ?? regular(verb)}`,
  );
  if (agents.test(head) && /^(an?|the|my|our|one)\s/i.test(head)) {
    const treasure = content.at(-1) === undefined ? 'the secret' : `the ${content.at(-1)}`;
    return { opening: 'hero', slots: { introduction: told, treasure } };
  }
  const short = /^(an?|the)\s/i.test(head) && head.split(/\s+/).length <= 6;
  const last =
    bare
      .split(/[^\p{L}\p{N}'’-]+/u)
      .filter((word) => word !== '' && !idle.test(word))
      .at(-1) ?? 'wish';
  return {
    opening: 'matter',
    slots: { matter: lowered, treasure: short ? head.replace(/^(an?|the)\s/i, 'the ') : `the ${last}` },
  };
}

/** A story is in the past tense: who collect(s) → who collected, who watche(s) → who watched. */
function regular(verb: string): string {
  return verb.endsWith('e') ? `${verb}d` : `${verb}ed`;
}

const irregular =
  'i was,ha had,doe did,goe went,sell sold,keep kept,find found,lose lost,write wrote,speak spoke,steal stole,catche caught,' +
  'build built,sing sang,draw drew,know knew,feel felt,hear heard,see saw,make made,take took,give gave,grow grew,flie flew';
const past = Object.fromEntries(irregular.split(',').map((pair) => pair.split(' '))) as Record<string, string>;

function readChinese(topic: string): Premise {
  const hero = /^(?:一|有一)?(?:个|位|只|名|条|群|座守)(.+)$/.exec(topic.replace(/^写|^讲/, ''));
  const inner = /^(?:.*?)(?:收集|寻找|守护|喜欢|爱上|害怕|种|卖|修|养|制作|追逐|失去|遇见)(?:着|了)?(.+?)的/.exec(
    topic,
  )?.[1];
  if (hero?.[0] !== undefined && hero[1] !== undefined) {
    return { opening: 'hero', slots: { introduction: topic, treasure: inner ?? '那个秘密' } };
  }
  return { opening: 'matter', slots: { matter: `“${topic}”`, treasure: inner ?? (topic.split('的').at(-1) || topic) } };
}

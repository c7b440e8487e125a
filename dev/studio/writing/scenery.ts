import type { Language } from './language';

/** The kind of place a story or picture is set in. */
export type Scenery = 'sea' | 'city' | 'forest' | 'desert' | 'snow' | 'mountain' | 'space' | 'village';

const words: Record<Exclude<Scenery, 'village'>, RegExp> = {
  space:
    /\b(space\w*|planet|moon base|mars|orbit|star ?ship|galaxy|astronaut|comet|rocket)\b|太空|宇宙|星球|火星|飞船|宇航|火箭/i,
  sea: /\b(sea|ocean|lighthouse\w*|harbou?r|island|ship|sail\w*|boat|coast\w*|shore|beach|wave|whale|fish\w*|headland|tide)s?\b|海|灯塔|港|岛|船|鲸|渔|潮|岸/i,
  city: /\b(city|street|subway|tower|skyscraper|caf[eé]|train|taxi|robot|neon|apartment|rooftop|tram|station)s?\b|城|街|地铁|高楼|咖啡|机器人|火车|霓虹|屋顶|车站/i,
  forest: /\b(forest|wood|woods|tree|jungle|fox\w*|deer|owl|mushroom|glade|moss)s?\b|森林|树|林|狐|鹿|蘑菇/i,
  desert: /\b(desert|dune|sand|camel|oasis|caravan|cactus)s?\b|沙漠|沙丘|骆驼|绿洲/i,
  snow: /\b(snow\w*|ice|winter|polar|penguin|arctic|frost|glacier)s?\b|雪|冰|冬|极地|企鹅/i,
  mountain: /\b(mountain|peak|cliff|climb\w*|valley|monk|dragon|eagle|ridge)s?\b|山|峰|悬崖|谷|龙|鹰/i,
};

/** The scenery that most words of the text suggest; a village if none does. */
export function sceneryOf(text: string): Scenery {
  let best: Scenery = 'village';
  let most = 0;
  for (const [scenery, pattern] of Object.entries(words) as [Scenery, RegExp][]) {
    const count = text.match(new RegExp(pattern.source, 'gi'))?.length ?? 0;
    if (count > most) [best, most] = [scenery, count];
  }
  return best;
}

/** Words for a place: its location, its neighbours, and its sounds. */
export interface Place {
  place: string;
  town: string;
  sound: string;
}

const places: Record<Language, Record<Scenery, Place>> = {
  en: {
    sea: { place: 'the grey headland', town: 'the harbour town', sound: 'the waves below the rocks' },
    city: { place: 'the old tram quarter', town: 'the city', sound: 'the last tram of the night' },
    forest: { place: 'the edge of the forest', town: 'the woodcutters’ hamlet', sound: 'the wind in the pines' },
    desert: {
      place: 'the last well before the dunes',
      town: 'the caravan town',
      sound: 'the sand against the shutters',
    },
    snow: { place: 'the frozen lake', town: 'the winter settlement', sound: 'the ice talking in the dark' },
    mountain: { place: 'the high pass', town: 'the valley', sound: 'the bells of the goats' },
    space: { place: 'the outermost station', town: 'the colony', sound: 'the slow hum of the hull' },
    village: { place: 'the house by the mill', town: 'the village', sound: 'the creak of the mill wheel' },
  },
  zh: {
    sea: { place: '灰色的海岬', town: '港口小镇', sound: '礁石下的浪声' },
    city: { place: '老电车站旁', town: '这座城市', sound: '末班电车的铃声' },
    forest: { place: '森林的边缘', town: '林间的村子', sound: '松林里的风声' },
    desert: { place: '沙丘前最后一口井边', town: '商队的小城', sound: '沙粒敲打窗板的声音' },
    snow: { place: '结冰的湖边', town: '北方的小镇', sound: '夜里冰层的低语' },
    mountain: { place: '高高的山口', town: '山谷里的人家', sound: '山羊颈上的铃声' },
    space: { place: '最远的空间站', town: '船员们', sound: '船壳低沉的嗡鸣' },
    village: { place: '磨坊旁的小屋', town: '村子', sound: '水车转动的声音' },
  },
};

export function placeIn(language: Language, scenery: Scenery): Place {
  return places[language][scenery];
}

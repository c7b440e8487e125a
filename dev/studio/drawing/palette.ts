import type { Dice } from '../dice';
import type { Scenery } from '../writing/scenery';
import type { Light } from '../writing/light';

/** Colours of a picture, from far to near; each is a CSS colour. */
export interface Palette {
  skyTop: string;
  skyLow: string;
  sun: string;
  /** Paints a layer; 0 is the most distant, 1 the nearest. */
  layer: (nearness: number) => string;
  water: (nearness: number) => string;
  subject: string;
  accent: string;
  dark: boolean;
}

type Hsl = [hue: number, saturation: number, lightness: number];

const skies: Record<Light, { top: Hsl; low: Hsl; sun: Hsl; dim: number }> = {
  dawn: { top: [212, 45, 66], low: [22, 82, 82], sun: [42, 95, 88], dim: 0.9 },
  day: { top: [204, 70, 58], low: [190, 62, 86], sun: [50, 95, 90], dim: 1 },
  golden: { top: [28, 62, 64], low: [44, 92, 78], sun: [40, 98, 90], dim: 0.88 },
  dusk: { top: [262, 42, 34], low: [338, 62, 68], sun: [18, 92, 74], dim: 0.62 },
  night: { top: [230, 52, 11], low: [222, 42, 30], sun: [52, 45, 90], dim: 0.38 },
  storm: { top: [216, 22, 22], low: [200, 18, 50], sun: [200, 20, 70], dim: 0.5 },
};

const grounds: Record<Scenery, Hsl> = {
  sea: [196, 30, 40],
  city: [226, 24, 42],
  forest: [146, 34, 36],
  desert: [32, 62, 58],
  snow: [206, 34, 84],
  mountain: [170, 18, 44],
  space: [274, 30, 40],
  village: [96, 34, 46],
};

/** The dice move every hue a little, so that no two prompts share their colours exactly. */
export function paletteFor(scenery: Scenery, light: Light, dice: Dice): Palette {
  const sky = skies[scenery === 'space' ? 'night' : light];
  const shift = dice.between(-16, 16);
  const ground = grounds[scenery];
  const haze = sky.low;
  const layer = (nearness: number): string =>
    css([
      blendHue(haze[0], ground[0] + shift, 0.35 + 0.65 * nearness),
      mix(haze[1] * 0.6, ground[1], nearness),
      mix(haze[2] * 0.9, ground[2] * sky.dim * (1.05 - 0.5 * nearness), 0.25 + 0.75 * nearness),
    ]);
  return {
    skyTop: css([sky.top[0] + shift, sky.top[1], sky.top[2]]),
    skyLow: css([sky.low[0] + shift / 2, sky.low[1], sky.low[2]]),
    sun: css(sky.sun),
    layer,
    water: (nearness) => css([200 + shift, 42, mix(66, 30, nearness) * sky.dim + 6]),
    subject: css([ground[0] + 180 + shift, 24, 16]),
    accent: css([dice.pick([8, 24, 42, 340]) + shift, 84, 60]),
    dark: sky.dim < 0.7,
  };
}

function css([hue, saturation, lightness]: Hsl): string {
  return `hsl(${((hue % 360) + 360) % 360} ${saturation}% ${Math.min(96, Math.max(3, lightness))}%)`;
}

function mix(from: number, to: number, share: number): number {
  return from + (to - from) * share;
}

/** Goes the short way around the circle. */
function blendHue(from: number, to: number, share: number): number {
  const way = ((((to - from) % 360) + 540) % 360) - 180;
  return from + way * share;
}

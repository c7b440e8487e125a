import { createCanvas } from '@napi-rs/canvas';
import { Dice } from '../dice';
import type { ShotType } from '../writing/storyboard';
import { drawLand } from './land';
import { paletteFor } from './palette';
import { readBrief, type PictureBrief } from './picture-brief';
import type { Sheet } from './sheet';
import type { Size } from './size';
import { drawSky } from './sky';
import { drawSubject } from './subject';

/** The horizon and the subject of a shot; shares of the picture's height. */
const framing: Record<ShotType, { horizon: number; foot: number; tall: number }> = {
  wide: { horizon: 0.6, foot: 0.84, tall: 0.26 },
  medium: { horizon: 0.55, foot: 0.98, tall: 0.6 },
  close_up: { horizon: 0.5, foot: 1.35, tall: 1.15 },
  aerial: { horizon: 0.14, foot: 0.7, tall: 0.12 },
  low_angle: { horizon: 0.86, foot: 1.02, tall: 0.8 },
  over_shoulder: { horizon: 0.58, foot: 0.86, tall: 0.34 },
};

/** Draws a flat illustration of the prompt as PNG; the same for the same prompt, size and seed. */
export async function drawPicture(prompt: string, { width, height }: Size, seed: number): Promise<Buffer> {
  const canvas = createCanvas(width, height);
  const dice = new Dice('picture', prompt, seed);
  const brief = readBrief(prompt);
  const { horizon, foot, tall } = framingOf(brief);
  const palette = paletteFor(brief.scenery, brief.light, dice);
  const sheet: Sheet = { ink: canvas.getContext('2d'), width, height, horizon: horizon * height, brief, palette, dice };
  drawSky(sheet);
  drawLand(sheet);
  const x = dice.between(0.36, 0.66) * width;
  if (brief.scenery === 'sea' && brief.subject !== 'boat') drawIslet(sheet, x, foot * height, tall * height);
  drawSubject(sheet.ink, palette, brief.subject, x, foot * height, tall * height);
  if (brief.shot === 'over_shoulder') drawShoulder(sheet);
  if (brief.falling !== 'none') drawFalling(sheet);
  return canvas.encode('png');
}

/** A face fills a close-up; a thing is shown whole. From high above the sea only a boat can be made out. */
function framingOf(brief: PictureBrief): (typeof framing)[ShotType] {
  if (brief.shot === 'aerial' && brief.scenery === 'sea') brief.subject = 'boat';
  if (brief.shot === 'close_up' && brief.subject !== 'person') return { horizon: 0.6, foot: 0.98, tall: 0.82 };
  return framing[brief.shot];
}

/** Dry ground under what cannot swim. */
function drawIslet({ ink, palette }: Sheet, x: number, y: number, tall: number): void {
  for (const [wide, near] of [
    [1.5, 0.7],
    [1.1, 0.95],
  ] as const) {
    ink.fillStyle = palette.layer(near);
    ink.beginPath();
    ink.ellipse(x, y + tall * 0.08, tall * wide, tall * 0.16 * wide, 0, Math.PI, Math.PI * 2);
    ink.fill();
  }
}

function drawShoulder({ ink, width, height, palette }: Sheet): void {
  ink.fillStyle = palette.subject;
  ink.beginPath();
  ink.arc(width * 0.13, height * 0.52, height * 0.2, 0, Math.PI * 2);
  ink.ellipse(width * 0.08, height * 1.08, width * 0.26, height * 0.42, 0, 0, Math.PI * 2);
  ink.fill();
}

function drawFalling({ ink, width, height, dice, brief }: Sheet): void {
  const rain = brief.falling === 'rain';
  ink.strokeStyle = ink.fillStyle = rain ? 'rgba(220,235,255,0.4)' : 'rgba(255,255,255,0.85)';
  ink.lineWidth = height / 420;
  ink.beginPath();
  for (let drop = 0; drop < 170; drop++) {
    const x = dice.next() * width * 1.1;
    const y = dice.next() * height;
    const size = dice.between(0.6, 1.6) * (height / 300);
    ink.moveTo(x + (rain ? 0 : size), y);
    if (rain) ink.lineTo(x - size * 5, y + size * 14);
    else ink.arc(x, y, size, 0, Math.PI * 2);
  }
  if (rain) ink.stroke();
  else ink.fill();
}

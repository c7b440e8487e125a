import type { Scenery } from '../writing/scenery';
import { drawCity, drawVillage } from './buildings';
import { drawPeaks, drawWoods } from './heights';
import { fillBelow, hills, shape, type Sheet } from './sheet';

/** The ground, from the far ridge to the near one, for the scenery. */
export function drawLand(sheet: Sheet): void {
  const { horizon, height, palette, brief } = sheet;
  const depth = height - horizon;
  fillBelow(sheet, hills(sheet, horizon + depth * 0.05, height * ridge[brief.scenery]), palette.layer(0.1));
  if (brief.shot === 'aerial') return drawFields(sheet);
  switch (brief.scenery) {
    case 'sea':
      return drawSea(sheet);
    case 'city':
      return drawCity(sheet);
    case 'forest':
      return drawWoods(sheet, 4);
    case 'mountain':
    case 'snow':
      drawPeaks(sheet);
      return drawWoods(sheet, brief.scenery === 'snow' ? 2 : 1);
    case 'desert':
    case 'space':
      return drawDunes(sheet);
    case 'village':
      return drawVillage(sheet);
  }
}

/** How high the far ridge rises, as a share of the picture. */
const ridge: Record<Scenery, number> = {
  sea: 0.06,
  city: 0.1,
  forest: 0.2,
  desert: 0.1,
  snow: 0.2,
  mountain: 0.3,
  space: 0.12,
  village: 0.16,
};

function drawDunes(sheet: Sheet): void {
  const { horizon, height, width, palette, dice, ink, brief } = sheet;
  for (const near of [0.3, 0.6, 0.95]) {
    fillBelow(sheet, hills(sheet, horizon + (height - horizon) * near * 0.8, height * 0.14, 14), palette.layer(near));
  }
  if (brief.scenery !== 'space') return;
  ink.globalAlpha = 0.25;
  for (let crater = 0; crater < 7; crater++) {
    ink.fillStyle = '#000';
    ink.beginPath();
    ink.ellipse(
      dice.next() * width,
      dice.between(horizon + height * 0.2, height),
      height * 0.06,
      height * 0.018,
      0,
      0,
      7,
    );
    ink.fill();
  }
  ink.globalAlpha = 1;
}

function drawSea(sheet: Sheet): void {
  const { horizon, height, width, palette, dice, ink } = sheet;
  ink.fillStyle = palette.water(0);
  ink.fillRect(0, horizon, width, height - horizon);
  for (let wave = 0; wave < 6; wave++) {
    const near = wave / 6;
    const rise = height * (0.008 + 0.035 * near) * (sheet.brief.light === 'storm' ? 2.2 : 1);
    const crests = 26 - wave * 3;
    const line = Array.from({ length: crests * 2 + 1 }, (_, step): [number, number] => [
      ((step - dice.next() * 0.5) / (crests * 2)) * width,
      horizon + (height - horizon) * (near ** 1.4 * 0.9 + 0.03) + (step % 2 === 0 ? rise : 0),
    ]);
    fillBelow(sheet, line, palette.water(near + 0.16));
  }
}

/** From above: fields divided by a river or a road. */
function drawFields(sheet: Sheet): void {
  const { horizon, height, width, palette, dice, ink, brief } = sheet;
  const rows = 7;
  for (let row = 0; row < rows; row++) {
    const top = horizon + (height - horizon) * (row / rows) ** 1.5;
    const bottom = horizon + (height - horizon) * ((row + 1) / rows) ** 1.5;
    const spread = 1 + row * 0.25;
    for (let x = -width * 0.6; x < width * 1.6; x += width * 0.16 * spread) {
      const near = 0.2 + dice.next() * 0.7;
      const slant = width * 0.03;
      const colour = brief.scenery === 'sea' ? palette.water(near) : palette.layer(near);
      shape(
        ink,
        [
          [x, top],
          [x + width * 0.17 * spread, top],
          [x + width * 0.17 * spread + slant, bottom + 1],
          [x + slant, bottom + 1],
        ],
        colour,
      );
    }
  }
  if (brief.scenery === 'sea') return;
  ink.strokeStyle = palette.water(0.1);
  ink.lineWidth = height * 0.045;
  ink.beginPath();
  ink.moveTo(dice.between(0.2, 0.8) * width, horizon);
  ink.bezierCurveTo(
    width * dice.next(),
    height * 0.45,
    width * dice.next(),
    height * 0.7,
    width * dice.next(),
    height + 20,
  );
  ink.stroke();
}

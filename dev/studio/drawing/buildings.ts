import { disc, fillBelow, hills, shape, type Sheet } from './sheet';

/** Rows of houses with windows, lit when it is dark. */
export function drawCity(sheet: Sheet): void {
  const { horizon, height, width, palette, dice, ink } = sheet;
  for (const near of [0.25, 0.55, 0.85]) {
    const foot = horizon + (height - horizon) * near;
    for (let x = -20; x < width;) {
      const wide = width * dice.between(0.04, 0.1) * (0.6 + near);
      const tall = height * dice.between(0.12, 0.42) * (0.7 + near * 0.5);
      ink.fillStyle = palette.layer(near);
      ink.fillRect(x, foot - tall, wide, height);
      if (dice.next() < 0.3) ink.fillRect(x + wide * 0.45, foot - tall - height * 0.05, wide * 0.08, height * 0.06);
      windows(sheet, x, foot - tall, wide, tall);
      x += wide * dice.between(0.95, 1.2);
    }
  }
  ink.fillStyle = palette.layer(1);
  ink.fillRect(0, horizon + (height - horizon) * 0.85, width, height);
}

function windows({ ink, palette, dice, height }: Sheet, x: number, y: number, wide: number, tall: number): void {
  const size = height * 0.013;
  ink.fillStyle = palette.dark ? 'hsl(44 90% 70%)' : 'rgba(255,255,255,0.35)';
  for (let top = y + size * 1.5; top < y + tall - size; top += size * 2.6) {
    for (let left = x + size; left < x + wide - size * 1.5; left += size * 2.2) {
      if (dice.next() < 0.42) ink.fillRect(left, top, size, size * 1.3);
    }
  }
}

/** Hills with scattered houses and a path. */
export function drawVillage(sheet: Sheet): void {
  const { horizon, height, width, palette, dice, ink } = sheet;
  for (const near of [0.3, 0.55, 0.85]) {
    const line = hills(sheet, horizon + (height - horizon) * near, height * 0.12, 24);
    fillBelow(sheet, line, palette.layer(near));
    for (const [x, y] of line.filter(() => dice.next() < 0.3 * (1.2 - near))) {
      const size = height * 0.045 * (0.6 + near);
      ink.fillStyle = palette.layer(near + 0.3);
      ink.fillRect(x, y - size * 0.6, size * 1.4, size * 1.4);
      shape(
        ink,
        [
          [x - size * 0.2, y - size * 0.6],
          [x + size * 0.7, y - size * 1.3],
          [x + size * 1.6, y - size * 0.6],
        ],
        palette.accent,
      );
      disc(ink, x + size * 0.7, y + size * 0.05, size * 0.16, 'hsl(46 90% 76%)');
    }
  }
  ink.globalAlpha = 0.35;
  shape(
    ink,
    [
      [width * 0.47, horizon + (height - horizon) * 0.6],
      [width * 0.5, horizon + (height - horizon) * 0.6],
      [width * 0.72, height],
      [width * 0.4, height],
    ],
    palette.sun,
  );
  ink.globalAlpha = 1;
}

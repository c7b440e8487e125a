import { fillBelow, hills, shape, type Sheet } from './sheet';

/** Rows of fir trees. */
export function drawWoods(sheet: Sheet, rows: number): void {
  const { horizon, height, width, palette, dice, ink } = sheet;
  for (let row = 1; row <= rows; row++) {
    const near = row / rows;
    const line = hills(sheet, horizon + (height - horizon) * (0.15 + 0.6 * near), height * 0.09);
    const colour = palette.layer(0.25 + 0.7 * near);
    for (const [x, y] of line.filter(() => dice.next() < 0.75)) {
      const tall = height * dice.between(0.1, 0.2) * (0.5 + near);
      const shifted = x + dice.between(-0.5, 0.5) * (width / 50);
      for (const [from, half] of [
        [0, 0.24],
        [0.3, 0.19],
        [0.58, 0.13],
      ] as const) {
        shape(
          ink,
          [
            [shifted - tall * half, y - tall * from],
            [shifted, y - tall * (from + 0.45)],
            [shifted + tall * half, y - tall * from],
          ],
          colour,
        );
      }
    }
    fillBelow(sheet, line, colour);
  }
}

/** Two ranges of mountains with snow on top. */
export function drawPeaks(sheet: Sheet): void {
  const { horizon, height, width, palette, dice, ink } = sheet;
  for (const near of [0.2, 0.45]) {
    for (let x = dice.between(-0.1, 0.1) * width; x < width * 1.1; x += width * dice.between(0.2, 0.32)) {
      const tall = height * dice.between(0.3, 0.5) * (1.2 - near);
      const half = tall * dice.between(0.7, 0.95);
      const foot = horizon + (height - horizon) * near;
      shape(
        ink,
        [
          [x - half, foot],
          [x, foot - tall],
          [x + half, foot],
        ],
        palette.layer(near),
      );
      shape(
        ink,
        [
          [x, foot - tall],
          [x + half, foot],
          [x + half * 0.15, foot],
        ],
        palette.layer(near + 0.12),
      );
      const cap = 0.28;
      shape(
        ink,
        [
          [x - half * cap, foot - tall * (1 - cap)],
          [x, foot - tall],
          [x + half * cap, foot - tall * (1 - cap)],
          [x + half * 0.08, foot - tall * 0.82],
          [x - half * 0.08, foot - tall * 0.68],
        ],
        'rgba(255,255,255,0.75)',
      );
    }
    fillBelow(
      sheet,
      hills(sheet, horizon + (height - horizon) * (near + 0.1), height * 0.06),
      palette.layer(near + 0.25),
    );
  }
}

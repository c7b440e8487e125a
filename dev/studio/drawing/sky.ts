import { disc, shape, type Sheet } from './sheet';

/** Sky, sun or moon, stars, clouds and, if the story is in space, a planet. */
export function drawSky(sheet: Sheet): void {
  const { ink, width, height, horizon, palette, dice, brief } = sheet;
  const gradient = ink.createLinearGradient(0, 0, 0, Math.max(horizon, height * 0.5));
  gradient.addColorStop(0, palette.skyTop);
  gradient.addColorStop(1, palette.skyLow);
  ink.fillStyle = gradient;
  ink.fillRect(0, 0, width, height);

  const space = brief.scenery === 'space';
  if (space || brief.light === 'night') stars(sheet, space ? 220 : 120);
  const x = dice.between(0.15, 0.85) * width;
  const y = dice.between(0.25, 0.75) * Math.min(horizon, height * 0.8);
  if (brief.light !== 'storm' || space) {
    const radius = height * dice.between(0.05, 0.09) * (space ? 2.2 : 1);
    ink.globalAlpha = 0.14;
    for (const halo of [3.2, 2.3, 1.6]) disc(ink, x, y, radius * halo, palette.sun);
    ink.globalAlpha = 1;
    disc(ink, x, y, radius, space ? palette.accent : palette.sun);
    if (brief.light === 'night' && !space) {
      disc(ink, x - radius * 0.3, y + radius * 0.2, radius * 0.22, 'rgba(120,120,140,0.35)');
      disc(ink, x + radius * 0.35, y - radius * 0.3, radius * 0.15, 'rgba(120,120,140,0.35)');
    }
    if (space) ring(sheet, x, y, radius);
  }
  if (!space) clouds(sheet, brief.light === 'storm' ? 9 : dice.whole(2, 5));
  if (brief.light === 'storm') lightning(sheet, x);
}

function stars({ ink, width, horizon, height, dice }: Sheet, count: number): void {
  for (let star = 0; star < count; star++) {
    ink.globalAlpha = dice.between(0.3, 1);
    disc(
      ink,
      dice.next() * width,
      dice.next() * Math.max(horizon, height * 0.3),
      dice.between(0.4, 1.5) * (height / 500),
      '#fff',
    );
  }
  ink.globalAlpha = 1;
}

function ring({ ink, palette }: Sheet, x: number, y: number, radius: number): void {
  ink.strokeStyle = palette.sun;
  ink.lineWidth = radius * 0.09;
  ink.globalAlpha = 0.7;
  ink.beginPath();
  ink.ellipse(x, y, radius * 1.7, radius * 0.45, -0.35, 0, Math.PI * 2);
  ink.stroke();
  ink.globalAlpha = 1;
}

function clouds({ ink, width, height, horizon, palette, dice, brief }: Sheet, count: number): void {
  const heavy = brief.light === 'storm';
  for (let cloud = 0; cloud < count; cloud++) {
    const x = dice.next() * width;
    const y = dice.between(0.04, heavy ? 0.5 : 0.62) * horizon;
    const size = height * dice.between(0.04, heavy ? 0.13 : 0.07);
    ink.globalAlpha = heavy ? 0.5 : palette.dark ? 0.22 : 0.55;
    ink.fillStyle = heavy ? palette.skyTop : palette.dark ? palette.skyLow : '#fff';
    ink.beginPath();
    for (const [dx, dy, grow] of [
      [-1.6, 0.25, 0.7],
      [-0.7, -0.15, 1],
      [0.4, -0.3, 1.15],
      [1.5, 0.2, 0.75],
    ] as const) {
      ink.moveTo(x + dx * size + grow * size, y + dy * size);
      ink.arc(x + dx * size, y + dy * size, grow * size, 0, Math.PI * 2);
    }
    ink.rect(x - 2 * size, y, 4 * size, size * 0.9);
    ink.fill();
  }
  ink.globalAlpha = 1;
}

function lightning({ ink, height, horizon, dice }: Sheet, x: number): void {
  const bolt: [number, number][] = [
    [0, 0],
    [-0.05, 0.42],
    [0.015, 0.4],
    [-0.07, 1],
    [0.09, 0.32],
    [0.03, 0.34],
    [0.1, 0],
  ];
  const tall = horizon * dice.between(0.7, 0.95);
  shape(
    ink,
    bolt.map(([dx, dy]) => [x + dx * height, dy * tall]),
    'hsl(52 95% 88%)',
  );
}

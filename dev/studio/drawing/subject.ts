import type { SKRSContext2D } from '@napi-rs/canvas';
import type { Palette } from './palette';
import type { Subject } from './picture-brief';
import { disc, shape } from './sheet';

type Draw = (ink: SKRSContext2D, palette: Palette) => void;

/** Draws a silhouette with its feet at (x, y), `tall` pixels high. Each is drawn in a box one unit high, from 0 up. */
export function drawSubject(
  ink: SKRSContext2D,
  palette: Palette,
  what: Subject,
  x: number,
  y: number,
  tall: number,
): void {
  ink.save();
  ink.translate(x, y);
  ink.scale(tall, tall);
  silhouettes[what](ink, palette);
  ink.restore();
}

const silhouettes: Record<Subject, Draw> = {
  person: (ink, { subject, accent, sun }) => {
    outline(ink, '-0.09 0, -0.03 0, 0 -0.3, 0.03 0, 0.1 0, 0.09 -0.45, -0.09 -0.45', subject);
    outline(ink, '-0.18 -0.22, 0.17 -0.2, 0.1 -0.78, -0.09 -0.78', accent);
    outline(ink, '0.09 -0.72, 0.25 -0.48, 0.21 -0.45, 0.06 -0.6', subject);
    disc(ink, 0, -0.88, 0.105, 'hsl(26 45% 68%)');
    for (const eye of [0.015, 0.065]) disc(ink, eye, -0.87, 0.011, subject);
    outline(ink, '-0.15 -0.9, 0.16 -0.9, 0.07 -1.02, -0.08 -1.02', subject);
    glow(ink, 0.24, -0.4, 0.05, sun);
  },
  lighthouse: (ink, { subject, accent, sun }) => {
    ink.globalAlpha = 0.3;
    outline(ink, '0 -0.86, 2.6 -1.2, 2.6 -0.75', sun);
    outline(ink, '0 -0.86, -2.6 -0.95, -2.6 -0.6', sun);
    ink.globalAlpha = 1;
    outline(ink, '-0.5 0.06, -0.3 -0.08, 0.3 -0.08, 0.5 0.06', subject);
    outline(ink, '-0.15 0, 0.15 0, 0.09 -0.8, -0.09 -0.8', 'hsl(40 30% 92%)');
    for (const band of [
      '-0.13 -0.2, 0.13 -0.2, 0.14 -0.08, -0.14 -0.08',
      '-0.11 -0.46, 0.11 -0.46, 0.12 -0.34, -0.12 -0.34',
      '-0.1 -0.72, 0.1 -0.72, 0.11 -0.6, -0.11 -0.6',
    ])
      outline(ink, band, accent);
    glow(ink, 0, -0.86, 0.06, sun);
    outline(ink, '-0.11 -0.92, 0.11 -0.92, 0 -1.02', subject);
  },
  boat: (ink, { subject, accent, sun }) => {
    outline(ink, '-0.5 -0.2, 0.55 -0.22, 0.36 0.03, -0.36 0.03', subject);
    outline(ink, '0.02 -0.26, 0.02 -1, 0.46 -0.3', accent);
    outline(ink, '-0.03 -0.26, -0.03 -0.9, -0.38 -0.3', 'hsl(40 40% 90%)');
    glow(ink, -0.44, -0.26, 0.04, sun);
  },
  tree: (ink, { subject, accent, layer }) => {
    outline(ink, '-0.06 0, 0.06 0, 0.03 -0.55, -0.03 -0.55', subject);
    for (const [x, y, r] of [
      [-0.2, -0.6, 0.22],
      [0.2, -0.62, 0.22],
      [0, -0.8, 0.24],
    ] as const)
      disc(ink, x, y, r, layer(0.75));
    for (const [x, y] of [
      [-0.2, -0.66],
      [0.12, -0.78],
      [0.24, -0.55],
      [-0.04, -0.9],
    ] as const)
      disc(ink, x, y, 0.035, accent);
  },
  house: (ink, { subject, accent, sun }) => {
    outline(ink, '-0.42 0, 0.42 0, 0.42 -0.55, -0.42 -0.55', 'hsl(34 34% 78%)');
    outline(ink, '-0.52 -0.52, 0 -1, 0.52 -0.52', accent);
    outline(ink, '-0.1 0, 0.1 0, 0.1 -0.34, -0.1 -0.34', subject);
    glow(ink, -0.26, -0.32, 0.07, sun);
    glow(ink, 0.26, -0.32, 0.07, sun);
  },
  animal: (ink, { subject, accent }) => {
    outline(ink, '-0.5 -0.62, 0.3 -0.66, 0.34 -0.34, -0.46 -0.32', accent);
    for (const x of [-0.44, -0.28, 0.14, 0.28]) leg(ink, x, 0.4, subject);
    outline(ink, '0.2 -0.6, 0.3 -0.98, 0.4 -0.82, 0.68 -0.7, 0.4 -0.58', accent);
    outline(ink, '0.28 -0.86, 0.26 -1.06, 0.38 -0.9', subject);
    outline(ink, '-0.46 -0.6, -0.9 -0.76, -0.72 -0.44', 'hsl(40 30% 92%)');
    disc(ink, 0.44, -0.76, 0.025, subject);
  },
  robot: (ink, { subject, accent, sun }) => {
    for (const x of [-0.17, 0.07]) leg(ink, x, 0.3, subject);
    outline(ink, '-0.24 -0.26, 0.24 -0.26, 0.21 -0.68, -0.21 -0.68', 'hsl(205 16% 66%)');
    outline(ink, '-0.36 -0.3, -0.27 -0.3, -0.23 -0.64, -0.31 -0.64', subject);
    outline(ink, '0.36 -0.3, 0.27 -0.3, 0.23 -0.64, 0.31 -0.64', subject);
    outline(ink, '-0.17 -0.71, 0.17 -0.71, 0.17 -0.96, -0.17 -0.96', 'hsl(205 16% 76%)');
    glow(ink, -0.07, -0.84, 0.035, accent);
    glow(ink, 0.07, -0.84, 0.035, accent);
    glow(ink, 0, -0.48, 0.06, sun);
    disc(ink, 0, -1.02, 0.03, accent);
  },
  rocket: (ink, { subject, accent, sun }) => {
    outline(ink, '-0.08 -0.12, 0.08 -0.12, 0 0.16', sun);
    outline(ink, '-0.28 -0.04, -0.13 -0.42, 0.13 -0.42, 0.28 -0.04', accent);
    outline(ink, '-0.15 -0.14, 0.15 -0.14, 0.15 -0.7, 0 -1, -0.15 -0.7', 'hsl(210 18% 88%)');
    disc(ink, 0, -0.6, 0.075, subject);
  },
};

function glow(ink: SKRSContext2D, x: number, y: number, radius: number, colour: string): void {
  ink.globalAlpha = 0.22;
  disc(ink, x, y, radius * 2.4, colour);
  ink.globalAlpha = 1;
  disc(ink, x, y, radius, colour);
}

/** A filled polygon given as `x y, x y, …`. */
function outline(ink: SKRSContext2D, points: string, colour: string): void {
  const pairs = points.split(', ').map((pair) => pair.split(' ').map(Number));
  shape(
    ink,
    pairs.map(([x = 0, y = 0]) => [x, y]),
    colour,
  );
}

function leg(ink: SKRSContext2D, x: number, tall: number, colour: string): void {
  outline(ink, `${x} ${-tall}, ${x + 0.1} ${-tall}, ${x + 0.08} 0, ${x + 0.02} 0`, colour);
}

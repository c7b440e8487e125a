import { Readable } from 'node:stream';
import type { z } from 'zod';
import { editRequest } from '../../src/cli/edit-flags';
import { CHANGES } from '../../src/client/internal';
import { editable } from '../../src/gateway/schemas';
import { SHOT_TYPES, type SceneFields } from '../../src/protocol';
import { SCENE_READERS } from '../../src/protocol/viewer';
import { BUILT_IN, SCENE } from '../../src/stages';

type Same<A, B> = [A, B] extends [B, A] ? true : false;
/** Does not compile if the schema and the type of the protocol, which loads no zod, differ. */
const isSame: Same<z.output<typeof SCENE>, SceneFields> = true;

const NAMES = Object.keys(SCENE.shape);

/** Scenes are described once more where zod is not loaded, or where their fields have other bounds. */
describe('A scene has the fields of its schema', () => {
  const storyboard = BUILT_IN.ofKind('text', 'storyboard');

  test('in the type and the readers of the protocol', () => {
    expect(isSame).toBe(true);
    expect(Object.keys(SCENE_READERS)).toEqual(NAMES);
  });

  test('in what a model is asked for, by its schema and by its prompt', () => {
    const { schema } = storyboard.schema?.({ scenes: 1 }) ?? {};
    expect(schema).toMatchObject({ properties: { scenes: { items: { required: NAMES } } } });
    for (const name of [...NAMES, ...SHOT_TYPES]) expect(storyboard.template.system).toContain(name);
  });

  test('in what a person may edit, add and read', () => {
    const { scenes, add } = CHANGES.shape;
    const changed = Object.keys(scenes.unwrap().unwrap().element.shape);
    const added = Object.keys(add.unwrap().unwrap().element.shape);
    const read = Object.keys(editable.shape.scenes.element.shape);
    expect(changed.sort()).toEqual([...NAMES, 'camera'].sort());
    expect(added.sort()).toEqual([...NAMES.filter((name) => name !== 'scene_number'), 'at', 'camera'].sort());
    expect(read).toEqual([...NAMES, 'camera']);
  });

  test('in the options of the command line', async () => {
    const flags = { narration: 'a', visualPrompt: 'b', shot: 'c', duration: 2, camera: 'static' };
    const request = await editRequest({ scene: 1, ...flags }, Readable.from([]));
    expect(Object.keys(request?.changes.scenes?.[0] ?? {})).toEqual([...NAMES, 'camera']);
  });
});

test('An edit may begin with the mark of the byte order, as some editors write it', async () => {
  const typed = (text: string) => Readable.from([Buffer.from(`\ufeff${text}`)]);
  expect(await editRequest({ rewrite: '-' }, typed('A fox.'))).toEqual({ changes: { rewrite: 'A fox.' } });
  expect(await editRequest({ json: '-' }, typed('{"topic":"a fox"}'))).toEqual({ changes: { topic: 'a fox' } });
});

import { errorsIn } from '../../dev/start/code-watch';

describe("the compiler's lines while it watches", () => {
  test.each([
    ['10:02:03 AM - Found 0 errors. Watching for file changes.', 0],
    ['10:02:03 AM - Found 1 error. Watching for file changes.', 1],
    ['[10:02:03] Found 12 errors. Watching for file changes.', 12],
    ["src/a.ts(1,7): error TS2322: Type 'string' is not assignable to type 'number'.", undefined],
    ['', undefined],
  ])('%s ends a round with %p errors', (line, errors) => {
    expect(errorsIn(line)).toBe(errors);
  });
});

/** An image or a clip was ordered, and nothing of it can be used. `cause` states why. */
export class WastedOrder extends Error {
  override readonly name = 'WastedOrder';

  constructor(override readonly cause: unknown) {
    super('an order was in vain', { cause });
  }
}

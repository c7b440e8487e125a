/** An image or a clip was ordered, and there is nothing of it that can be used. `cause` says why. */
export class WastedOrder extends Error {
  override readonly name = 'WastedOrder';

  constructor(override readonly cause: unknown) {
    super('an order was in vain', { cause });
  }
}

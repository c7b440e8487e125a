import { DefaultPayloadConverter, type Payload } from '@temporalio/common';

/**
 * What a workflow gets in place of a payload that does not decode: a text, which is no valid input and no valid
 * message.
 */
export const UNDECODABLE = '(a payload that does not decode)';

/**
 * Any program that reaches Temporal can send a payload of broken JSON, or of an unknown encoding. The SDK would fail
 * the workflow's task, and again at each retry, so that not even a cancel gets through. This converter returns a value
 * that every reader refuses.
 */
class ForgivingPayloadConverter extends DefaultPayloadConverter {
  override fromPayload<T>(payload: Payload): T {
    try {
      return super.fromPayload<T>(payload);
    } catch {
      return UNDECODABLE as T;
    }
  }
}

export const payloadConverter = new ForgivingPayloadConverter();

import type { FieldRule } from '../../src/protocol';

/** What a field must be, by the rule that it breaks. */
export const ZH_FIELDS: Record<FieldRule, (bound: string) => string> = {
  empty: () => '不能为空',
  too_many_bytes: (most) => `最多 ${most} 字节`,
  too_many_characters: (most) => `最多 ${most} 个字符`,
  too_many: (most) => `最多 ${most} 项`,
  too_small: (least) => `至少为 ${least}`,
  too_big: (most) => `最多为 ${most}`,
  not_whole: () => '必须是整数',
  no_batch_name: (most) => `只能有英文字母、数字、点、短横和下划线，以字母或数字开头，最多 ${most} 个字符`,
};

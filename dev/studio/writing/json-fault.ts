import type { JsonFault } from '../faults';

/** Spoils a JSON answer in one of the ways in which real models do. */
export function spoilJson(json: string, how: JsonFault): string {
  switch (how) {
    case 'fenced':
      return '```json\n' + json + '\n```';
    case 'prose':
      return `Sure! Here is the JSON you asked for:\n\n${json}\n\nLet me know if you need changes.`;
    case 'trailing_comma':
      return json.replace(/(["\d}])(\s*)([}\]])/g, '$1,$2$3');
    case 'not_json':
      return 'I am sorry, but I cannot draw up scenes for this story. Could you tell me more about it?';
    case 'cut_short':
      return json.slice(0, json.lastIndexOf('"narration"') + 20);
    case 'missing_field':
      return json.replace(/"(narration|movement)"/g, '"remark"');
    case 'wrong_type':
      return json.replace(/"(scenes|movement|scene_number)":\s*(?=[["\d])/, '"$1": {"value": null}, "was": ');
    case 'wrong_root':
      return JSON.stringify([json.slice(0, 40)]);
  }
}

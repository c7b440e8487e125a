export const prompt = {
  system: '',
  user: `{{visual_prompt}}
Shot: {{shot_type}}.{{#style}} Style: {{style}}.{{/style}} No text in the picture.`,
};

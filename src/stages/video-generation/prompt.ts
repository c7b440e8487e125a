export const prompt = {
  system: '',
  user: `{{visual_prompt}}
Camera: {{movement}}, {{speed}}`,
};

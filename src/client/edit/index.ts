export { loadEditable, loadTextEdits, type EditableProject, type EditableScene, type TextEditView } from './editable';
export { conflict, type EditSource } from './editing';
export { editProject, readAsEdited, type EditedProject, type EditOptions } from './edit-project';

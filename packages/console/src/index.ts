export { type ConsoleFolderOptions, consoleFolder } from './console-folder.ts';

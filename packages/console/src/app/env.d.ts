declare module '*.css';
declare module '*?url' {
  const url: string;
  export default url;
}
/** Where pdf.js finds its character maps, fonts and decoders; set by the build. */
declare const __PDF_ASSETS__: string;

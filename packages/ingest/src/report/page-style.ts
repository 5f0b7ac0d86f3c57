/** The style of the report: light and dark by the reader's setting, no external resource. */
export const PAGE_STYLE = `
:root { color-scheme: light dark; --paper: #fff; --back: #f5f6f8; --text: #1c2430; --soft: #5b6675; --line: #d9dee6; --accent: #1f5fbf; --warn: #8a5a00; --warnback: #fff3d6; --bad: #a3231f; --badback: #fde8e6; }
@media (prefers-color-scheme: dark) { :root { --paper: #1b2027; --back: #12161b; --text: #e4e9f0; --soft: #9aa7b8; --line: #333c48; --accent: #7fb2ff; --warn: #ffd27a; --warnback: #3a2e12; --bad: #ff9c96; --badback: #3f1d1b; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--text); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif; }
main { max-width: 1180px; margin: 0 auto; padding: 24px 20px 80px; }
h1 { font-size: 26px; margin: 0; } h2 { font-size: 19px; margin: 36px 0 12px; } h3 { font-size: 14px; margin: 18px 0 6px; color: var(--soft); }
p { margin: 4px 0; } .soft { color: var(--soft); } code { font-size: 13px; overflow-wrap: anywhere; }
.tiles { display: flex; flex-wrap: wrap; gap: 10px; margin: 18px 0 0; padding: 0; list-style: none; }
.tiles li { background: var(--paper); border: 1px solid var(--line); border-radius: 8px; padding: 8px 14px; min-width: 96px; }
.tiles b { display: block; font-size: 22px; font-variant-numeric: tabular-nums; } .tiles .warn b { color: var(--warn); }
.card { background: var(--paper); border: 1px solid var(--line); border-left: 4px solid var(--accent); border-radius: 6px; padding: 10px 14px; margin: 8px 0; overflow-wrap: anywhere; }
.card.warning { border-left-color: var(--warn); } .card.error { border-left-color: var(--bad); } .card b { font-weight: 600; }
.card details { margin-top: 4px; } .card summary { color: var(--soft); font-size: 13px; cursor: pointer; }
.tag { display: inline-block; font-size: 12px; padding: 0 7px; border-radius: 9px; border: 1px solid var(--line); color: var(--soft); white-space: nowrap; }
.tag.warning { background: var(--warnback); color: var(--warn); border-color: transparent; } .tag.error { background: var(--badback); color: var(--bad); border-color: transparent; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; background: var(--paper); min-width: 50%; font-size: 14px; }
th, td { border: 1px solid var(--line); padding: 4px 9px; text-align: left; vertical-align: top; overflow-wrap: anywhere; } td.n { text-align: right; font-variant-numeric: tabular-nums; }
th { background: var(--back); font-weight: 600; white-space: nowrap; } .relations td { min-width: 110px; } tr.now td { font-weight: 600; }
.tools { display: flex; gap: 14px; flex-wrap: wrap; align-items: center; margin-bottom: 8px; }
.tools input[type=search] { font: inherit; padding: 6px 10px; width: min(420px, 100%); border: 1px solid var(--line); border-radius: 6px; background: var(--paper); color: inherit; }
.doc { background: var(--paper); border: 1px solid var(--line); border-radius: 6px; margin: 6px 0; }
.doc > summary { cursor: pointer; padding: 8px 12px; display: flex; flex-wrap: wrap; gap: 4px 10px; align-items: baseline; } .doc > summary b { overflow-wrap: anywhere; font-weight: 600; }
.doc > div { padding: 2px 14px 16px; border-top: 1px solid var(--line); }
.outline { columns: 2 320px; font-size: 14px; } .outline p { break-inside: avoid; }
.pages { display: grid; grid-template-columns: repeat(auto-fill, minmax(330px, 1fr)); gap: 14px; }
.page { margin: 0; } .page figcaption { font-size: 13px; color: var(--soft); } .page svg { width: 100%; height: auto; display: block; background: #fff; border: 1px solid var(--line); }
.page text { font: 7px sans-serif; fill: #333; } .page text.no { font: bold 8px sans-serif; fill: #fff; }
.page rect.b { fill-opacity: .14; stroke-opacity: .9; stroke-width: 1; } .page g:hover rect.b { fill-opacity: .38; stroke-width: 2; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 14px; font-size: 13px; margin: 4px 0 10px; } .legend i { display: inline-block; width: 12px; height: 12px; border-radius: 3px; margin-right: 5px; vertical-align: -1px; }
`;

/** One colour for each of `BLOCK_KINDS`, told apart on white paper also by the commonest kinds of colour blindness (Okabe and Ito, 2008). */
export const KIND_COLOURS = ['#d55e00', '#0072b2', '#009e73', '#cc79a7', '#555555', '#a67c00', '#56b4e9', '#7a5cff'];

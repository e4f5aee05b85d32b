"""The one style of all pages: light and dark, wide and narrow, on a screen and on paper.

Colours are variables, so that a page or a plot names what it means ("bad") and never a colour.
Texts have a contrast of at least 4.5 with what they stand on. Words are never broken in their
middle: values that are long may break where `render.html` says, tables scroll, or stack on a phone.
"""

STYLE = """
:root { color-scheme: light dark;
  --paper: #fff; --raised: #f6f8fa; --ink: #1f2328; --soft: #59636e; --line: #d1d9e0;
  --good: #1a7f37; --good-tint: #eefbf1; --bad: #cf222e; --bad-tint: #fff1f0;
  --open: #8a5d00; --open-tint: #fff8e1; --link: #0969da; }
@media screen and (prefers-color-scheme: dark) { :root {
  --paper: #0d1117; --raised: #161b22; --ink: #e6edf3; --soft: #9198a1; --line: #30363d;
  --good: #3fb950; --good-tint: #0f2417; --bad: #ff7b72; --bad-tint: #2b1416;
  --open: #d29922; --open-tint: #272010; --link: #58a6ff; } }
* { box-sizing: border-box; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0; background: var(--paper); color: var(--ink);
  overflow-wrap: break-word; }
main { max-width: 72rem; margin: 0 auto; padding: 1.6rem 1.5rem 4rem; }
h1, h2, h3 { line-height: 1.25; text-wrap: balance; }
h2 { font-size: 1.25rem; margin: 2.6rem 0 .7rem; }
h3 { font-size: 1.05rem; margin: 1.6rem 0 .5rem; }
p, ul, dl { margin: .5rem 0; } ul { padding-left: 1.2rem; }
a { color: var(--link); }
code { font: .875em ui-monospace, "Liberation Mono", monospace; }
pre { background: var(--raised); border-radius: 6px; padding: .7rem .9rem; margin: .5rem 0;
  white-space: pre-wrap; }
summary { cursor: pointer; padding: .3rem 0; }
.good { color: var(--good); } .bad { color: var(--bad); } .open { color: var(--open); }
.path { font-size: .875rem; font-weight: 400; }
.mark { font-weight: 600; white-space: nowrap; } .soft { color: var(--soft); }

.opening { border-bottom: 1px solid var(--line); padding-bottom: 1.3rem; margin-bottom: 1.6rem; }
.opening h1 { font-size: 1.75rem; margin: 0 0 1rem; }
.opening h1, .opening li > div, .opening dd { display: -webkit-box; overflow: hidden;
  -webkit-box-orient: vertical; -webkit-line-clamp: 3; }
.tool { color: var(--soft); margin: 0; font-size: .95rem; }
.verdict { border-left: 5px solid currentColor; border-radius: 4px; padding: .65rem 1rem;
  margin: 0 0 .6rem; }
.verdict.good { background: var(--good-tint); } .verdict.bad { background: var(--bad-tint); }
.verdict.open { background: var(--open-tint); }
.verdict strong { font-size: 1.5rem; line-height: 1.25; margin-right: .7rem; }
.verdict strong::before { margin-right: .5rem; }
.good strong::before { content: "\\2713" / ""; } .bad strong::before { content: "\\2715" / ""; }
.open strong::before { content: "?" / ""; }
.verdict span { color: var(--ink); }
.verdict + .verdict strong { font-size: 1.15rem; }
.told { display: grid; gap: 0 2.5rem; grid-template-columns: repeat(auto-fit, minmax(min(100%,
  26rem), 1fr)); }
.told h2 { font-size: 1rem; margin: .9rem 0 .2rem; }
.told ul { margin: 0; padding: 0; list-style: none; }
.told li { margin: .25rem 0; }
.facts { display: grid; gap: .6rem 2rem; margin: 1.2rem 0 0; font-size: .9rem;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 14.5rem), 1fr)); }
.facts dt { color: var(--soft); } .facts dd { margin: 0; }

.wide { overflow-x: auto; margin: .6rem 0 1rem; }
details > :not(summary) { margin-left: 1.1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid var(--line); padding: .45rem 1.2rem .45rem 0; text-align: left;
  vertical-align: top; }
th { color: var(--soft); font-weight: 600; font-size: .875rem; white-space: nowrap; }
td > div { max-width: 36rem; } td > code { display: inline-block; max-width: 22rem; }
.lines table { width: auto; } .lines td { white-space: nowrap; } .lines wbr { display: none; }
.lines td > code { max-width: none; }
.numbers td, .numbers th { text-align: right; font-variant-numeric: tabular-nums; }
.numbers :is(td, th):first-child { text-align: left; }

@media screen and (max-width: 44rem) {
  body { font-size: 15px; } main { padding: .9rem .8rem 3rem; }
  .opening h1 { font-size: 1.35rem; margin-bottom: .6rem; }
  .verdict { padding: .5rem .8rem; } .verdict strong { font-size: 1.3rem; }
  .told h2 { margin-top: .6rem; }
  .facts { display: block; margin-top: .8rem; }
  .facts > div { display: grid; grid-template-columns: 6.2rem 1fr; gap: 0 .6rem; }
  .opening li > div { -webkit-line-clamp: 2; }
  .stacks { overflow-x: visible; } .stacks thead { display: none; }
  .stacks :is(table, tbody, tr, td) { display: block; }
  .stacks tr { border-bottom: 1px solid var(--line); padding: .6rem 0; }
  .stacks td { border: 0; padding: .1rem 0 .1rem 6.8rem; display: flow-root; }
  .stacks td::before { content: attr(data-label); float: left; width: 6.4rem; margin-left: -6.8rem;
    color: var(--soft); font-size: .875rem; }
  .stacks td:first-child { padding-left: 0; font-weight: 600; }
  .stacks td:first-child::before, .stacks td:is(:empty, :has(> code:empty)) { display: none; }
  .stacks td > :is(div, code) { max-width: 100%; } }

@page { margin: 14mm; }
@media print {
  body { font-size: 10pt; } main { max-width: none; padding: 0; }
  .opening :is(h1, li > div, dd) { display: block; }
  .verdict, svg { print-color-adjust: exact; }
  .facts { grid-template-columns: repeat(auto-fit, minmax(18rem, 1fr)); }
  .wide { overflow: visible; } .lines td { white-space: normal; }
  h2, h3, summary { break-after: avoid; }
  tr, li, figure, .opening { break-inside: avoid; }
  details::details-content { display: block; content-visibility: visible; } }
"""

/** The look of the page. Colours have a contrast of 4.5 or more on their ground, light and dark. */
export const STYLE = `
:root { color-scheme: light dark;
  --ground: light-dark(#ffffff, #14171c); --raised: light-dark(#f4f5f7, #1c2027); --line: light-dark(#d8dce2, #333a45);
  --ink: light-dark(#1b1f24, #e4e7eb); --soft: light-dark(#545c68, #a3acb9); --link: light-dark(#0b57b7, #7db4ff);
  --get: light-dark(#0b57b7, #7db4ff); --post: light-dark(#17693a, #6fd197); --put: light-dark(#8a4b00, #f0b45c); --delete: light-dark(#b3261e, #ff9a8f); }
* { box-sizing: border-box }
html { scroll-behavior: smooth; scroll-padding-top: 1.5rem }
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto } }
body { margin: 0; display: grid; grid-template-columns: minmax(13rem, 17rem) minmax(0, 1fr); color: var(--ink); background: var(--ground); font: 1rem/1.6 system-ui, sans-serif }
a { color: var(--link) } a:hover { text-decoration-thickness: 2px }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; border-radius: 3px }
.skip { position: absolute; left: -100vw; padding: .5rem 1rem; background: var(--ground); z-index: 1 } .skip:focus { left: .5rem; top: .5rem }
code, pre { font-family: ui-monospace, "Cascadia Mono", Menlo, Consolas, monospace; font-size: .875em }
nav { position: sticky; top: 0; height: 100vh; overflow-y: auto; padding: 1.25rem 1rem 2rem; background: var(--raised); border-right: 1px solid var(--line); font-size: .875rem; line-height: 1.4 }
nav :focus-visible { outline-offset: -2px }
nav .brand { margin: 0 .5rem 1rem; font-size: 1.125rem; font-weight: 700 } nav .brand small { color: var(--soft); font-weight: 400 }
nav h2 { margin: 1.1rem .5rem .2rem; font-size: .875rem } nav ul { list-style: none; margin: 0; padding: 0 }
nav a { color: inherit; text-decoration: none } nav a:hover { text-decoration: underline }
nav li a { display: flex; gap: .5rem; align-items: baseline; padding: .2rem .5rem; border-radius: 4px; overflow-wrap: anywhere } nav li a:hover { background: var(--ground) }
nav .method { flex: 0 0 3.75em; font-size: .6875rem; overflow-wrap: normal } nav > ul:last-child { margin-top: 1.1rem }
main { padding: 2rem clamp(1.25rem, 4vw, 3.5rem) 6rem; max-width: 68rem; min-width: 0 }
h1 { margin: 0; font-size: 2rem; line-height: 1.2 } h2 { font-size: 1.5rem; line-height: 1.3 } h3 { font-size: 1.125rem; margin: 0 0 .5rem } h4 { margin: 1.5rem 0 .25rem; font-size: .9375rem }
p { margin: .5rem 0; max-width: 46rem } main p code { white-space: nowrap }
section { margin-top: 3rem; padding-top: .5rem; border-top: 2px solid var(--line) }
article { margin: 2.5rem 0 3.5rem } #schemas article { margin: 2rem 0 }
.anchor { color: inherit; text-decoration: none } .anchor:hover { text-decoration: underline }
.method { font: 700 .8125rem ui-monospace, Menlo, Consolas, monospace } .get { color: var(--get) } .post { color: var(--post) } .put { color: var(--put) } .delete { color: var(--delete) }
main .call > code { font-size: 1rem; white-space: normal; overflow-wrap: anywhere }
.scope { margin-left: .75rem; padding: .1rem .6rem; border: 1px solid var(--line); border-radius: 1rem; color: var(--soft); font-size: .8125rem; white-space: nowrap }
.code { margin: .75rem 0; border: 1px solid var(--line); border-radius: 6px; background: var(--raised) }
.code figcaption { padding: .35rem .9rem 0; color: var(--soft); font-size: .75rem }
.code pre { margin: 0; padding: .35rem .9rem .75rem; white-space: pre-wrap; overflow-wrap: anywhere; line-height: 1.5 } .code code { user-select: all; -webkit-user-select: all }
dl { margin: .25rem 0 }
dl > div { display: grid; grid-template-columns: minmax(9rem, 15rem) minmax(0, 1fr); gap: 0 1.5rem; padding: .5rem 0; border-top: 1px solid var(--line) }
dt { overflow-wrap: anywhere } dd { margin: 0; min-width: 0; overflow-wrap: anywhere } dd p { margin: .1rem 0 0 }
.fields dt > code { font-weight: 600 } .note { display: block; color: var(--soft); font-size: .8125rem } .type { color: var(--soft); font-size: .9375rem }
.answers > div { grid-template-columns: 3.5rem minmax(0, 1fr); padding: .35rem 0 } .answers dt { font: 700 .875rem/1.7 ui-monospace, Menlo, Consolas, monospace } .good { color: var(--post) } .bad { color: var(--soft) }
.steps { padding-left: 1.5rem } .steps li { margin: 1.25rem 0; padding-left: .25rem } .steps li::marker { font-weight: 700 }
@media (max-width: 60rem) { body { grid-template-columns: 13rem minmax(0, 1fr) } nav { padding-inline: .5rem } dl.fields > div { grid-template-columns: minmax(0, 1fr) } .note { display: inline; margin-left: .6rem } }
@media (max-width: 44rem) { body { display: block } nav { position: static; height: auto; max-height: 45vh; border: 0; border-bottom: 1px solid var(--line) } }
@media print { nav { display: none } body { display: block } }
`;

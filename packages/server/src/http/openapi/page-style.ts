/** How the page at `/docs` looks, in light and in dark. */
export const pageStyle = `
:root {
  color-scheme: light dark;
  --surface: light-dark(#ffffff, #16181d);
  --sunken: light-dark(#f3f4f7, #0d0e11);
  --line: light-dark(#d5d9e0, #343944);
  --text: light-dark(#16181d, #eef0f4);
  --muted: light-dark(#555d6b, #a3abba);
  --accent: light-dark(#1757d6, #8ab4ff);
  --get: light-dark(#1757d6, #8ab4ff);
  --post: light-dark(#1a6b3c, #7fd6a4);
  --delete: light-dark(#b3261e, #ff9d94);
  font: 15px/1.5 system-ui, sans-serif;
}
* { box-sizing: border-box }
body { margin: 0; background: var(--sunken); color: var(--text) }
main, header, nav { max-width: 62rem; margin: 0 auto; padding: 1rem 1.25rem }
h1 { margin: 0.5rem 0 0; font-size: 1.6rem }
h2 { margin: 2rem 0 0.25rem; font-size: 1.25rem }
h3 { margin: 1rem 0 0.25rem; font-size: 0.95rem }
p { margin: 0.35rem 0 }
a { color: var(--accent) }
nav a { margin-right: 1rem; white-space: nowrap }
.muted, caption { color: var(--muted) }
code { font: 0.9em/1.4 ui-monospace, monospace; overflow-wrap: anywhere }
details {
  margin: 0.5rem 0;
  border: 1px solid var(--line);
  border-radius: 8px;
  background: var(--surface);
}
summary { padding: 0.55rem 0.8rem; cursor: pointer; border-radius: 8px }
summary:focus-visible, a:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px }
details > div { padding: 0 0.8rem 0.8rem; overflow-x: auto }
.method { display: inline-block; min-width: 4.2em; font-weight: 700 }
.get { color: var(--get) } .post { color: var(--post) } .delete { color: var(--delete) }
table { width: 100%; border-collapse: collapse }
th, td { padding: 0.3rem 0.5rem; border-top: 1px solid var(--line); text-align: left; vertical-align: top }
th { font-weight: 600; white-space: nowrap }
`

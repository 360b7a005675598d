/// How the page looks.
enum ReportStyle {
  static let css = """
    :root{color-scheme:light dark;--ink:#1b1f24;--soft:#5b6470;--line:#d9dee4;--paper:#fff;--card:#f5f7f9;--bar:#2f6fb3}
    @media(prefers-color-scheme:dark){:root{--ink:#e8ebee;--soft:#9aa4af;--line:#3a424b;--paper:#15191d;--card:#1f252b;\
    --bar:#6aa5e0}}
    *{box-sizing:border-box}
    body{margin:0 auto;max-width:72rem;padding:1.5rem;font:15px/1.5 system-ui,sans-serif;color:var(--ink);\
    background:var(--paper)}
    h1{font-size:1.4rem;margin:0;overflow-wrap:anywhere}
    h2{font-size:1.1rem;margin:2.2rem 0 .6rem}
    h3{font-size:.9rem;margin:1rem 0 .2rem}
    header p,.note,footer,small,.legend{color:var(--soft);margin:.2rem 0}
    .tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(12rem,1fr));gap:.8rem;margin-top:1.2rem}
    .tiles div{background:var(--card);border-radius:.5rem;padding:.8rem 1rem;display:flex;flex-direction:column}
    .tiles b{font-size:1.6rem;line-height:1.2}
    .wide{overflow-x:auto}
    table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
    th,td{text-align:left;padding:.25rem .7rem .25rem 0;border-bottom:1px solid var(--line);vertical-align:top}
    td{overflow-wrap:anywhere}
    th{color:var(--soft);font-weight:600}
    .n{text-align:right;white-space:nowrap}
    .bar{display:inline-block;width:4rem;height:.6rem;background:var(--line);border-radius:.2rem;overflow:hidden}
    .bar i{display:block;height:100%;background:var(--bar)}
    .v{display:inline-block;min-width:3.6rem}
    .charts{columns:22rem;column-gap:2rem}
    .charts h3{break-after:avoid}
    .chart{width:100%;height:auto;break-inside:avoid}
    .chart rect{fill:var(--bar)}
    .chart path{stroke:var(--line);fill:none}
    .chart text{fill:var(--soft);font-size:11px}
    summary{cursor:pointer;color:var(--soft);margin:.5rem 0}
    #tools{display:flex;flex-wrap:wrap;justify-content:space-between;gap:.5rem;margin-bottom:.4rem}
    #trail button{font:inherit;border:0;background:none;color:var(--bar);padding:0 .2rem;cursor:pointer}
    #trail button[aria-current]{color:var(--ink);font-weight:600}
    #boxes{position:relative;height:min(36rem,70vh);min-height:18rem;background:var(--card);overflow:hidden;\
    border-radius:.4rem}
    #boxes button{position:absolute;border:1px solid var(--paper);border-radius:.2rem;padding:1px 4px;margin:0;font:11px/1.3 \
    system-ui,sans-serif;text-align:left;vertical-align:top;overflow:hidden;white-space:nowrap;cursor:pointer;display:flex;\
    align-items:flex-start}
    #boxes button:disabled{cursor:default}
    #boxes button:focus-visible{outline:2px solid var(--ink);outline-offset:-2px;z-index:1}
    .legend i{display:inline-block;width:1rem;height:.8rem;background:hsl(210 15% 82%);vertical-align:-.05rem;\
    border-radius:.15rem}
    .legend .half{background:hsl(208 45% 59%)}
    .legend .all{background:hsl(206 75% 36%)}
    """
}

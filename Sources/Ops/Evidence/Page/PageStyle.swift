/// The look of the page: one column, whatever the width; colours for light and for dark.
enum PageStyle {
  static let css: HTML = HTML(lines: [colors, layout, charts, tables])

  private static let colors: HTML = """
    :root { --paper:#f6f7f9; --card:#fff; --ink:#18212d; --quiet:#5c6878; --rule:#e1e5ea;
      --old:#c2570c; --new:#1d62d8; --other:#7a3fb5; --good:#137a3d; --bad:#c11f2a; --warn:#935b00;
      --good-back:#e3f5e9; --bad-back:#fdeaea; --warn-back:#fdf2dc; }
    @media (prefers-color-scheme: dark) {
      :root { --paper:#10151c; --card:#19212b; --ink:#e6ebf1; --quiet:#98a5b5; --rule:#2c3744;
        --old:#f2924a; --new:#6ca8ff; --other:#c49af0; --good:#5fd28b; --bad:#ff8087;
        --warn:#eeb755; --good-back:#14331f; --bad-back:#3d1a1e; --warn-back:#382a10; }
    }
    """

  private static let layout: HTML = """
    * { box-sizing:border-box; }
    body { margin:0; background:var(--paper); color:var(--ink); line-height:1.5;
      font:15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
    main { max-width:1240px; margin:0 auto; padding:20px 16px 40px; }
    header, section { background:var(--card); border:1px solid var(--rule); border-radius:10px;
      padding:18px 20px; margin:0 0 16px; }
    header { border-left:6px solid var(--warn); }
    header.good { border-left-color:var(--good); }
    header.bad { border-left-color:var(--bad); }
    h1 { font-size:26px; line-height:1.25; margin:2px 0 6px; display:flex; flex-wrap:wrap;
      gap:6px 12px; align-items:center; }
    h2 { font-size:17px; margin:0 0 10px; }
    h3 { font-size:13px; margin:14px 0 4px; color:var(--quiet); font-weight:600; }
    p { margin:0 0 8px; overflow-wrap:anywhere; }
    .way { color:var(--quiet); margin:0; font-size:14px; }
    .way > span:first-child { font-weight:600; color:var(--ink); margin-right:8px; }
    .release, code, pre { font-family:ui-monospace, "SF Mono", Menlo, Consolas,
      "DejaVu Sans Mono", monospace; font-size:13px; }
    .release { overflow-wrap:anywhere; }
    .badge { font-size:14px; font-weight:600; padding:3px 10px; border-radius:999px;
      color:var(--warn); background:var(--warn-back); }
    .good .badge { color:var(--good); background:var(--good-back); }
    .bad .badge { color:var(--bad); background:var(--bad-back); }
    .cause { font-size:16px; margin:0; }
    .tiles { display:grid; grid-template-columns:repeat(auto-fit, minmax(150px, 1fr)); gap:10px;
      margin:0 0 16px; }
    .tiles div { background:var(--card); border:1px solid var(--rule); border-radius:10px;
      padding:10px 14px; }
    dt { color:var(--quiet); font-size:13px; }
    dd { margin:0; font-size:21px; font-weight:600; font-variant-numeric:tabular-nums; }
    span.good { color:var(--good); }
    span.bad, .bad dd { color:var(--bad); }
    span.warn { color:var(--warn); }
    .quiet, footer { color:var(--quiet); font-size:13px; }
    footer { text-align:center; }
    """

  private static let charts: HTML = """
    .chart { display:grid; grid-template-columns:68px minmax(0, 1fr); }
    .labels { position:relative; font-size:12px; color:var(--quiet); }
    .labels span { position:absolute; right:10px; transform:translateY(-50%); white-space:nowrap; }
    svg { display:block; overflow:visible; }
    svg text { font-size:12px; fill:var(--quiet); }
    .tick { stroke:var(--rule); }
    .lane { stroke:var(--quiet); stroke-opacity:.5; }
    .bar rect { fill:var(--good); min-width:2px; stroke:var(--good); }
    .bar.failed rect { fill:var(--bad); stroke:var(--bad); }
    .bar.failed text { fill:var(--bad); font-weight:600; }
    .bar.interrupted rect { fill:var(--warn); stroke:var(--warn); }
    .band .all { fill:currentColor; fill-opacity:.25; }
    .band .serving { fill:currentColor; fill-opacity:.75; }
    .band text { fill:var(--ink); font-weight:600; }
    .old { color:var(--old); } .new { color:var(--new); } .other { color:var(--other); }
    .dots { stroke:currentColor; stroke-width:4; stroke-linecap:round; fill:none;
      stroke-opacity:.8; vector-effect:non-scaling-stroke; }
    .dots.few { stroke-width:7; }
    .dots.many { stroke-width:1; stroke-opacity:.35; stroke-linecap:butt; vector-effect:none;
      shape-rendering:crispEdges; }
    .dots.many.d1 { stroke-opacity:.65; } .dots.many.d2 { stroke-opacity:1; }
    .cross path { stroke:var(--bad); stroke-width:2.2; stroke-linecap:round; fill:none; }
    .gap rect { fill:var(--warn); fill-opacity:.16; }
    .gap line { stroke:var(--warn); stroke-opacity:.7; stroke-dasharray:3 3; }
    .gap text { fill:var(--warn); font-weight:600; paint-order:stroke; stroke:var(--card);
      stroke-width:4; stroke-linejoin:round; }
    .legend { display:flex; flex-wrap:wrap; gap:4px 18px; color:var(--quiet); font-size:13px;
      margin:10px 0 0; }
    .legend .failed { color:var(--bad); margin-right:6px; }
    .mark { display:inline-block; width:9px; height:9px; border-radius:50%; margin-right:6px;
      background:currentColor; }
    """

  private static let tables: HTML = """
    .wide { overflow-x:auto; }
    table { border-collapse:collapse; width:100%; font-size:14px; }
    th, td { text-align:left; padding:6px 14px 6px 0; border-top:1px solid var(--rule);
      vertical-align:top; font-weight:400; }
    thead th { color:var(--quiet); font-size:13px; border-top:0; }
    td:last-child { overflow-wrap:anywhere; min-width:8em; }
    .number { text-align:right; font-variant-numeric:tabular-nums; white-space:nowrap; }
    tr > .number:last-child { min-width:0; padding-right:2px; }
    pre { margin:0 0 8px; padding:10px 12px; background:var(--paper); border-radius:6px;
      border:1px solid var(--rule); white-space:pre-wrap; overflow-wrap:anywhere; }
    .pair { display:grid; grid-template-columns:repeat(auto-fit, minmax(min(100%, 480px), 1fr));
      gap:0 16px; align-items:start; }
    @media (max-width: 600px) {
      main { padding:10px 8px 30px; } header, section { padding:14px 14px; }
      .tiles { grid-template-columns:1fr 1fr; }
      .tiles div:last-child:nth-child(odd) { grid-column:span 2; }
      table { font-size:13px; } dd { font-size:18px; } th, td { padding-right:9px; }
      .dots.few { stroke-width:5; }
      .chart { grid-template-columns:62px minmax(0, 1fr); }
    }
    """
}

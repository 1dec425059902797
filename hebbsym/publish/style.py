"""The style sheet of the page: serif text on a light ground, wide enough to read, fit to print."""

STYLE = """\
:root{--ink:#1b1f24;--quiet:#57606a;--accent:#1f4e79;--tint:#f3f7fb;--edge:#c9d8e6;--paper:#fff;
--good:#1b6e3c;--bad:#a61c28;--open:#8a5a00}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;scroll-behavior:smooth}
body{margin:0;background:#f7f8f9;color:var(--ink);font:17px/1.55 "Source Serif 4","Source Serif Pro",
Charter,"Bitstream Charter","Palatino Linotype",Palatino,"Book Antiqua",Georgia,serif;
overflow-wrap:break-word}
main{max-width:54rem;margin:0 auto;padding:2.6rem 3rem 4rem;background:var(--paper);
box-shadow:0 0 0 1px #e6e9ec;min-height:100vh}
h1,h2,h3,h4,nav,.badge,figcaption,th,.eqno,.evidence,footer,.subtitle{font-family:"Source Sans 3",
"Source Sans Pro","Helvetica Neue",Helvetica,Arial,"Liberation Sans",sans-serif}
h1{font-size:2.1rem;line-height:1.15;margin:0 0 .3rem;color:var(--accent);letter-spacing:-.01em}
h2{font-size:1.5rem;margin:2.8rem 0 .8rem;padding-bottom:.25rem;border-bottom:2px solid var(--edge);
color:var(--accent)}
h3{font-size:1.18rem;margin:2.2rem 0 .6rem;color:var(--accent)}
h2 .inline,h3 .inline{font-size:1.02em}
.number{color:var(--quiet);font-weight:400;margin-right:.35em}
.anchor{color:var(--edge);text-decoration:none;font-weight:400;visibility:hidden}
h2:hover .anchor,h3:hover .anchor,.anchor:focus{visibility:visible}
.subtitle{color:var(--quiet);font-size:1.05rem;margin:.2rem 0 1.8rem}
p{margin:.65rem 0}.quiet{color:var(--quiet);font-size:.92rem}
a{color:var(--accent);text-decoration-thickness:1px;text-underline-offset:2px}.cite{text-decoration:none}
code{font:.86em/1.4 ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;
background:#f0f2f4;padding:.08em .28em;border-radius:3px}
nav{background:var(--tint);border:1px solid var(--edge);border-radius:6px;padding:.7rem 1.2rem;
margin:1.6rem 0;font-size:.95rem}
nav h2{font-size:1rem;border:0;margin:.1rem 0 .3rem;padding:0}
nav ul{list-style:none;margin:0;padding:0}nav ul ul{padding-left:1.2rem;columns:2;column-gap:2rem}
nav a{text-decoration:none}nav a:hover{text-decoration:underline}
svg.sprite{position:absolute;width:0;height:0;overflow:hidden}
svg.inline,svg.display{overflow:visible;color:inherit}
svg.inline{max-width:100%;height:auto}
svg.display{display:block;width:var(--w);max-width:max(100%,var(--least));height:auto}
.equation{display:flex;align-items:flex-start;gap:1rem;margin:.7rem 0;padding:.1rem 0}
.lines{flex:1 1 auto;min-width:0;overflow-x:auto;overflow-y:hidden;padding:.25rem 0 .25rem 1.6rem}
.line{padding:.22rem 0}.line.continued{padding-left:min(var(--indent),12vw)}
.eqno{color:var(--quiet);font-size:.92rem;flex:none;padding-top:.4rem}
.result{background:var(--tint);border:1px solid var(--edge);border-left:4px solid var(--accent);
border-radius:6px;padding:.5rem 1.2rem .6rem;margin:1rem 0 1.2rem}
.result .title{font-weight:600;margin:.2rem 0 .3rem;display:flex;flex-wrap:wrap;gap:.2rem .8rem;
align-items:baseline;justify-content:space-between}
.badge{font-size:.76rem;font-weight:600;letter-spacing:.03em;text-transform:uppercase;color:var(--accent);
border:1px solid var(--edge);background:#fff;border-radius:999px;padding:.1rem .65rem}
.result .lines{padding-left:.4rem}.result .title code{margin-left:.4em}
ol.steps{padding-left:1.5rem;margin:.8rem 0}ol.steps>li{margin:.9rem 0;padding-left:.3rem}
ol.steps>li::marker{color:var(--accent);font-weight:600}
.evidence{color:var(--quiet);font-size:.87rem;margin:.3rem 0}
.held,.good{color:var(--good)}.failed,.bad{color:var(--bad)}.open{color:var(--open)}
.table{overflow-x:auto}.tabular{margin:1.4rem 0}.tabular figcaption{margin:0 0 .5rem}
table{border-collapse:collapse;width:100%;font-size:.88rem;line-height:1.4;
font-variant-numeric:tabular-nums lining-nums}
figcaption b{color:var(--ink)}
th{font-weight:600;font-size:.82rem;border-top:2px solid var(--ink);border-bottom:1px solid var(--ink)}
th,td{padding:.32rem .55rem;vertical-align:top}
td{border-bottom:1px solid #eceff2}tbody tr:last-child td{border-bottom:2px solid var(--ink)}
.l{text-align:left}.r{text-align:right}.c{text-align:center}
.num{white-space:nowrap}
figure{margin:1.6rem 0}figure img{display:block;width:100%;height:auto}
figcaption{font-size:.9rem;color:var(--quiet);margin-top:.5rem}
.references{padding-left:2.2rem;font-size:.94rem}.references li{margin:.4rem 0}
footer{margin-top:3rem;padding-top:.8rem;border-top:1px solid var(--edge);color:var(--quiet);font-size:.82rem}
@media (max-width:46rem){body{font-size:16px}main{padding:1.2rem 1rem 3rem}h1{font-size:1.6rem}
nav ul ul{columns:1}.lines{padding-left:.2rem}.equation{gap:.4rem}.result{padding:.4rem .7rem}
ol.steps{padding-left:1.2rem}}
@media print{@page{margin:18mm 16mm}body{background:#fff;font-size:10.5pt}main{max-width:none;padding:0;
box-shadow:none}nav,.anchor{display:none}h2,h3{break-after:avoid}.result,figure,tr{break-inside:avoid}
.equation{break-inside:auto}a{color:inherit;text-decoration:none}.table,.lines{overflow:visible}}
"""

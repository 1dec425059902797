/* The page: sliders make a point, the point makes values, curves, a place and a command. */
const point = (() => {
  "use strict";
  const data = JSON.parse(document.getElementById("data").textContent);
  const $ = (id) => document.getElementById(id);
  const sliders = data.sliders;
  const values = sliders.map((s) => s.start);
  const chosen = data.settings.map((s) => s.panels.map((p) => ({ along: p.along, log: true })));
  let current = 0;

  const setting = () => data.settings[current];
  const doubles = () => values.map(([p, q]) => p / q);

  // ---- claims -----------------------------------------------------------------------------

  const value = (n, v, which = current) => claims.value(data.settings[which].curves[n], formulas[which].curves[n], v);

  function reason(n, v, x) {
    const claim = setting().curves[n], margins = formulas[current].curves[n].margins;
    if (x === 0) return `0: ${claim.nothing}`;
    const failed = margins.findIndex((margin) => margin(v) < 0);
    if (failed >= 0) return `needs ${claim.needs[failed]}`;
    if (claim.unknown) return `no solution up to ${numbers.text(claim.unknown[2], 1).replace("1 × ", "")}`;
    return claim.anew ? "0/0 as rates coincide: the command derives it anew" : "not defined here";
  }

  // ---- sliders ----------------------------------------------------------------------------

  const count = (s) => (Array.isArray(s.values) ? s.values.length : s.values.high - s.values.low + 1);
  const at = (s, n) => (Array.isArray(s.values) ? s.values[n] : numbers.fraction(s.values.low + n, s.values.per));

  function nearest(s, [p, q]) {
    const x = p / q;
    if (!Array.isArray(s.values)) return Math.round(Math.min(Math.max(x * s.values.per, s.values.low), s.values.high)) - s.values.low;
    const size = (n) => { const [a, b] = at(s, n); return s.log ? Math.abs(Math.log(a / b / x)) : Math.abs(a / b - x); };
    let best = 0;
    for (let n = 1; n < s.values.length; n++) if (size(n) < size(best)) best = n;
    return best;
  }

  // What is wrong with a number for a slider; empty when nothing is.
  function wrong(s, fraction) {
    if (!fraction) return `${s.name} is a number such as 3, 0.25 or −1/3`;
    const x = fraction[0] / fraction[1], [low, high] = s.domain;
    if (s.whole && fraction[1] !== 1) return `${s.name} is a whole number`;
    const limit = (end) => numbers.text(end, 3).replace(/\.0+$/, "");
    if (x < low || x > high) return high >= 1e9 ? `${s.name} is at least ${limit(low)}` : `${s.name} lies between ${limit(low)} and ${limit(high)}`;
    return "";
  }

  function show(n) {
    const s = sliders[n], text = numbers.shown(values[n]);
    $(`range-${n}`).value = nearest(s, values[n]);
    $(`range-${n}`).setAttribute("aria-valuetext", `${s.name} = ${text}`);
    $(`field-${n}`).value = text;
    complain(n, "");
  }

  function complain(n, message) {
    $(`note-${n}`).textContent = message;
    $(`note-${n}`).hidden = !message;
    $(`field-${n}`).setAttribute("aria-invalid", message ? "true" : "false");
  }

  function move(n, fraction) {
    values[n] = fraction;
    show(n);
    changed();
  }

  sliders.forEach((s, n) => {
    const range = $(`range-${n}`), field = $(`field-${n}`);
    range.max = count(s) - 1;
    range.addEventListener("input", () => move(n, at(s, Number(range.value))));
    field.addEventListener("change", () => {
      const found = numbers.parse(field.value), message = wrong(s, found);
      if (message) complain(n, message);
      else move(n, found);
    });
    field.addEventListener("keydown", (event) => {
      if (event.key === "Enter") { event.preventDefault(); field.dispatchEvent(new Event("change")); }
    });
  });
  $("controls").addEventListener("submit", (event) => event.preventDefault());
  $("reset").addEventListener("click", () => {
    sliders.forEach((s, n) => { values[n] = s.start; });
    sliders.forEach((_, n) => show(n));
    changed();
  });

  // ---- what follows from a point ----------------------------------------------------------

  let version = 0, queued = false, drawing = false;
  let drawn = []; // the version that each panel shows

  function changed() {
    version++;
    if (queued) return;
    queued = true;
    requestAnimationFrame(() => { queued = false; refresh(); });
  }

  // Values follow every movement at once; curves follow one panel after the other, in turn.
  function refresh() {
    const v = doubles();
    const now = setting().curves.map((_, n) => value(n, v));
    told(now, v);
    place.draw(v);
    command(now, v);
    later(now);
    if (!drawing) follow();
  }

  async function follow() {
    drawing = true;
    try {
      for (let next = 0; ; ) {
        const count = setting().panels.length, which = current;
        const turns = Array.from({ length: count }, (_, n) => (next + n) % count);
        const m = turns.find((n) => drawn[n] !== version);
        if (m === undefined) break;
        const at = version, v = doubles();
        const done = await draw(m, v, () => which === current);
        if (done) drawn[m] = at;
        next = m + 1;
      }
    } finally {
      drawing = false;
    }
    document.documentElement.dataset.drawn = String(version); // for tests: all is up to date
  }

  function told(now, v) {
    now.forEach((x, n) => {
      const known = Number.isFinite(x) && !(x === 0 && setting().curves[n].nothing);
      const cell = $(`value-${current}-${n}`);
      cell.textContent = known ? numbers.text(x) : reason(n, v, x);
      cell.classList.toggle("missing", !known);
    });
    const first = setting().panels.map((p) => p.curves[0]);
    $("readout").replaceChildren(...first.map((n) => {
      const item = document.createElement("span");
      const label = document.querySelector(`#panel-${current}-${setting().panels.findIndex((p) => p.curves[0] === n)} .what svg`);
      const strong = document.createElement("b");
      strong.textContent = Number.isFinite(now[n]) ? numbers.text(now[n]) : "–";
      if (label) item.append(label.cloneNode(true), " = ");
      item.append(strong);
      return item;
    }));
  }

  let speaking;
  function later(now) {
    clearTimeout(speaking);
    speaking = setTimeout(() => {
      const said = setting().panels.map((p) => `${p.title}: ${numbers.text(now[p.curves[0]])}`);
      $("spoken").textContent = said.join("; ");
      const fragment = here();
      $("link").setAttribute("href", fragment);
      try { history.replaceState(null, "", fragment); } catch { /* the address stays as it is */ }
    }, 400);
  }

  // ---- curves -----------------------------------------------------------------------------

  const ends = (s, here) => {
    const [low, high] = [at(s, 0), at(s, count(s) - 1)].map(([p, q]) => p / q);
    return [Math.min(low, here), Math.max(high, here)];
  };

  // Points between two ends of an axis, and the point of the slider.
  function samples(s, many, here, [low, high] = ends(s, here)) {
    const found = new Set([low, high, here]);
    for (let n = 0; n < many; n++) {
      const t = n / (many - 1);
      const x = s.log ? low * (high / low) ** t : low + t * (high - low);
      found.add(s.whole ? Math.round(x) : x);
    }
    return [...found].sort((a, b) => a - b);
  }

  // The part of an axis on which the requirements of a claim hold; all of it where they never do.
  function admitted(n, s, along, v) {
    const margins = formulas[current].curves[n].margins, w = v.slice();
    const kept = samples(s, 801, v[along]).filter((x) => {
      w[along] = x;
      return margins.every((margin) => margin(w) >= 0);
    });
    return kept.length ? [kept[0], kept[kept.length - 1]] : ends(s, v[along]);
  }

  async function draw(m, v, wanted) {
    const panel = setting().panels[m], now = new Map(panel.curves.map((n) => [n, value(n, v)]));
    const { along, log } = chosen[current][m], s = sliders[along];
    const here = v[along];
    const curves = [];
    let since = performance.now();
    for (const [place, n] of panel.curves.entries()) {
      const claim = setting().curves[n], points = [];
      const moves = claim.symbols.includes(along);
      const span = moves && claim.needs.length ? admitted(n, s, along, v) : ends(s, here);
      const xs = moves ? samples(s, claim.slow ? (claim.unknown ? 28 : 61) : 161, here, span) : [];
      for (const x of xs) {
        const w = v.slice();
        w[along] = x;
        points.push([x, moves ? value(n, w) : now.get(n)]);
        if (performance.now() - since > 14) {
          await new Promise((done) => setTimeout(done));
          if (!wanted()) return false;
          since = performance.now();
        }
      }
      curves.push({ place, points, mark: now.get(n) });
    }
    const moving = panel.curves.map((n) => setting().curves[n].symbols.includes(along));
    const xs = curves.flatMap((c, n) => (moving[n] ? c.points.map((p) => p[0]) : []));
    const [low, high] = [Math.min(...xs), Math.max(...xs)];
    curves.forEach((c, n) => { if (!moving[n]) c.points = [[low, now.get(panel.curves[n])], [high, now.get(panel.curves[n])]]; });
    const title = [...chart.symbolText(s.label), chart.make("tspan", { dy: chart.lowered(s.label) }, `, ${s.meaning}`)];
    const svg = $(`chart-${current}-${m}`);
    chart.lines(svg, {
      x: { range: [low, high], log: s.log, title },
      y: { log, title: [panel.unit] },
      curves,
      here,
    });
    svg.setAttribute("aria-label", described(panel, s, curves));
    return true;
  }

  function described(panel, s, curves) {
    const lines = curves.map(({ points, mark }, n) => {
      const kept = points.filter((p) => Number.isFinite(p[1]));
      const name = setting().curves[panel.curves[n]].title;
      if (!kept.length) return `${name}: no value`;
      const [first, last] = [kept[0], kept[kept.length - 1]];
      return `${name}: ${numbers.text(first[1])} at ${s.name} = ${numbers.text(first[0])}, ${numbers.text(mark)} at the slider, ${numbers.text(last[1])} at ${numbers.text(last[0])}`;
    });
    return `${panel.title} along ${s.name}. ${lines.join(". ")}.`;
  }

  const place = rulesBeside({ setting, value, values, show, changed, doubles, code: () => formulas[current] });

  // ---- command, address -------------------------------------------------------------------

  // Asked for is what has a value here; a command that asks for more would end with an error.
  function asked(n, now, v) {
    if (Number.isFinite(now[n])) return true;
    return claims.holds(formulas[current].curves[n], v) && setting().curves[n].anew && place.stores(v);
  }

  function command(now, v) {
    const { commands, curves } = setting();
    const lines = commands.flatMap(({ parts: [head, rule], curves: mine }) => {
      const kept = mine.filter((n) => asked(n, now, v));
      if (!kept.length) return [];
      const used = setting().symbols.filter((k) => kept.some((n) => curves[n].symbols.includes(k)));
      const values_ = used.map((k) => `${sliders[k].asked}=${numbers.exact(values[k])}`);
      const at_ = used.length ? ` --at ${values_.join(",")}` : "";
      return [`${head} ${kept.map((n) => `--quantity ${curves[n].quantity}`).join(" ")}${at_} ${rule}`];
    });
    for (const part of document.querySelectorAll(".command")) part.hidden = !lines.length;
    $("no-command").hidden = lines.length > 0 || !commands.length;
    // one box a word, so that a line breaks between words and not after the hyphens of an option
    $("command").replaceChildren(...lines.flatMap((line, m) => {
      const boxes = line.match(/'[^']*'|[^\s]+/g).flatMap((word, n) => {
        const box = document.createElement("span");
        // where a word is longer than a line it may break behind a comma or before an operator
        box.append(...word.split(/(?<=,)|(?= [+-] )/).flatMap((part, k) => (k ? [document.createElement("wbr"), part] : [part])));
        return n ? [" ", box] : [box];
      });
      return m ? ["\n", ...boxes] : boxes;
    }));
  }

  $("copy").addEventListener("click", async () => {
    const text = $("command").textContent;
    try {
      await navigator.clipboard.writeText(text);
      $("copied").textContent = "Copied.";
    } catch {
      getSelection().selectAllChildren($("command"));
      $("copied").textContent = "The command is selected: copy it with the keyboard.";
    }
  });

  function here() {
    const parts = sliders.map((s, n) => `${encodeURIComponent(s.name)}=${numbers.exact(values[n])}`);
    if (data.settings.length > 1) parts.unshift(`setting=${current + 1}`);
    return `#${parts.join("&")}`;
  }

  // Values from the address; what does not fit is left as it was.
  function restore() {
    const given = new Map();
    for (const part of location.hash.slice(1).split("&")) {
      const [name, text] = part.split("=");
      try { given.set(decodeURIComponent(name), text || ""); } catch { /* not of ours */ }
    }
    if (!given.size || (given.size === 1 && !location.hash.includes("="))) return false;
    sliders.forEach((s, n) => {
      const found = given.has(s.name) ? numbers.parse(given.get(s.name)) : null;
      if (found && !wrong(s, found)) values[n] = found;
    });
    const which = Number(given.get("setting")) - 1;
    if (data.settings[which]) choose(which);
    return true;
  }

  // ---- settings ---------------------------------------------------------------------------

  function choose(which) {
    current = which;
    drawn = [];
    if ($("setting")) $("setting").selectedIndex = which;
    for (const part of document.querySelectorAll("[data-setting]")) part.hidden = Number(part.dataset.setting) !== current;
    sliders.forEach((_, n) => { $(`row-${n}`).hidden = !setting().symbols.includes(n); });
    const bare = (id) => !$(id).querySelector(".slider:not([hidden])");
    $("rule-controls").hidden = bare("rule-controls") && !setting().rule;
    $("network-controls").hidden = bare("network-controls");
    place.prepare();
  }

  data.settings.forEach((one, which) => one.panels.forEach((panel, m) => {
    const select = $(`along-${which}-${m}`), log = $(`log-${which}-${m}`);
    const symbols = one.symbols.filter((n) => panel.curves.some((c) => one.curves[c].symbols.includes(n)));
    select.replaceChildren(...symbols.map((n) => new Option(chart.plain(sliders[n]), n, false, n === panel.along)));
    select.addEventListener("change", () => { chosen[which][m].along = Number(select.value); changed(); });
    log.addEventListener("change", () => { chosen[which][m].log = log.checked; changed(); });
  }));
  if ($("setting")) $("setting").addEventListener("change", () => { choose($("setting").selectedIndex); changed(); });

  choose(0);
  restore();
  sliders.forEach((_, n) => show(n));
  addEventListener("hashchange", () => { if (restore()) { sliders.forEach((_, n) => show(n)); changed(); } });
  let width = 0;
  addEventListener("resize", () => { if (innerWidth !== width) { width = innerWidth; changed(); } });
  changed();

  return { value, names: sliders.map((s) => s.name), quantities: data.settings.map((s) => s.curves.map((c) => c.quantity)) };
})();

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

  // The value of a claim, NaN where a requirement fails or nothing is defined.
  function value(n, v, which = current) {
    const claim = data.settings[which].curves[n], code = formulas[which].curves[n];
    if (code.margins.some((margin) => margin(v) < 0)) return NaN;
    if (!claim.unknown) return code.f(v);
    const [place, whole, most] = claim.unknown, at = v.slice();
    const equation = (k) => { at[place] = k; return code.f(at); };
    return special.root(equation, 1, whole, most);
  }

  function reason(n, v) {
    const claim = setting().curves[n], margins = formulas[current].curves[n].margins;
    const failed = margins.findIndex((margin) => margin(v) < 0);
    if (failed >= 0) return `needs ${claim.needs[failed]}`;
    return claim.unknown ? `no solution up to ${numbers.text(claim.unknown[2], 1)}` : "not defined here";
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
    command();
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
      const known = Number.isFinite(x);
      const cell = $(`value-${current}-${n}`);
      cell.textContent = known ? numbers.text(x) : reason(n, v);
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

  // ---- the place among other rules --------------------------------------------------------

  const place = (() => {
    const options = ["place-x", "place-y"].map($);

    // The axes that there are: claims of the point, the number of coefficients, columns of the table.
    function axes() {
      const { place: p, curves, panels } = setting();
      const unit = (n) => panels.find((panel) => panel.curves.includes(n)).unit;
      const quick = curves.map((c, n) => [n, c]).filter(([, c]) => !c.slow && c.symbols.some((k) => p.coefficients.includes(k)));
      return [
        ...quick.map(([n, c]) => ({ title: `${c.quantity}, ${unit(n)}`, of: (rule, v) => value(n, v) })),
        { title: "non-zero coefficients", of: (rule, v) => p.coefficients.filter((k) => v[k] !== 0).length, count: true },
        ...p.classes.columns.map((title, n) => ({ title, of: (rule) => (rule.extra ? rule.extra[n] : NaN) })),
      ];
    }

    const direction = (v) => formulas[current].compared.map((f) => f(v));
    function angle(a, b) {
      const length = (c) => Math.hypot(...c);
      const size = length(a) * length(b);
      if (!size) return length(a) === length(b) ? 0 : NaN;
      const unit = [a.map((x) => x / length(a)), b.map((x) => x / length(b))];
      const apart = length(unit[0].map((x, n) => x - unit[1][n])), along = length(unit[0].map((x, n) => x + unit[1][n]));
      return (2 * Math.atan2(apart, along) * 180) / Math.PI;
    }

    const INDEX = ["", "ᵢ", "ⱼ"];
    function update(coefficients) {
      const powers = setting().place.powers;
      const power = (n) => (n > 1 ? numbers.raised(n) : "");
      const terms = coefficients
        .map(([p, q], n) => [p, q, powers[n]])
        .filter(([p]) => p !== 0)
        .sort((a, b) => b[2][0] + b[2][1] - a[2][0] - a[2][1] || Math.abs(b[2][0] - b[2][1]) * -1 + Math.abs(a[2][0] - a[2][1]))
        .map(([p, q, [i, j]]) => {
          const product = [i ? `x${INDEX[1]}${power(i)}` : "", j ? `x${INDEX[2]}${power(j)}` : ""].filter(Boolean).join("\u00a0");
          const size = numbers.shown([Math.abs(p), q]);
          return [p < 0, product ? (size === "1" ? product : `${size}\u00a0${product}`) : size];
        });
      return terms.map(([minus, text], n) => (n ? (minus ? " −\u00a0" : " +\u00a0") : minus ? "−" : "") + text).join("") || "0";
    }

    // Landmarks and classes with their coefficients at the point, equal ones under one heading.
    function rules(v) {
      const { place: p } = setting();
      const found = formulas[current].landmarks.map((f, n) => ({
        name: p.landmarks[n], named: true, coefficients: f.map((c) => numbers.near(c(v))),
      }));
      const all = [...found, ...p.classes.rows.map(([name, coefficients, extra]) => ({ name, named: Boolean(name), coefficients, extra }))];
      const merged = new Map();
      for (const rule of all) {
        const key = rule.coefficients.map(numbers.exact).join(" ");
        const before = merged.get(key);
        if (!before) merged.set(key, { ...rule });
        else Object.assign(before, { name: [...new Set([...before.name.split(", "), ...rule.name.split(", ")])].filter(Boolean).join(", "), named: before.named || rule.named, extra: before.extra || rule.extra });
      }
      return [...merged.values()];
    }

    function go(rule) {
      setting().place.coefficients.forEach((k, n) => { values[k] = rule.coefficients[n]; show(k); });
      changed();
    }

    function draw(v) {
      const p = setting().place;
      for (const id of ["place", "rule", "start-row"]) $(id).hidden = !p;
      if (!p) return;
      const mine = p.coefficients.map((k) => values[k]);
      $("rule").textContent = `Δwᵢⱼ = ${update(mine)}`;
      const kinds = axes(), [across, up] = options.map((o) => kinds[o.selectedIndex] || kinds[0]);
      const here = direction(v);
      const all = rules(v).map((rule) => {
        const w = v.slice();
        p.coefficients.forEach((k, n) => { w[k] = rule.coefficients[n][0] / rule.coefficients[n][1]; });
        const at_ = [across, up].map((kind) => kind.of(rule, w));
        return { ...rule, at: at_, angle: angle(here, direction(w)), update: update(rule.coefficients) };
      });
      near(all, up);
      const log = $("place-log").checked, logs = [across, up].map((kind) => log && !kind.count);
      const self = mine.map(numbers.exact).join(" ");
      const same = all.find((rule) => rule.coefficients.map(numbers.exact).join(" ") === self);
      const mark = { at: [across, up].map((kind) => kind.of(same || {}, v)) };
      chart.scatter($("place-chart"), {
        x: { log: logs[0], title: [across.title] },
        y: { log: logs[1], title: [up.title] },
        points: all.map((rule) => ({ ...rule, name: rule.name || rule.update })),
        here: mark,
        choose: go,
      });
      $("place-chart").setAttribute("aria-label", `${all.length} rules, ${across.title} across and ${up.title} up; the ring is the rule of the sliders. ${$("nearest").textContent}`);
    }

    function near(all, kind) {
      const ranked = all.filter((rule) => Number.isFinite(rule.angle)).sort((a, b) => a.angle - b.angle);
      const named = ranked.find((rule) => rule.name);
      const what = (rule) => (rule.angle < 1e-6 ? `This is the rule ${rule.name} up to scale.` : `The nearest named rule is ${rule.name}, ${numbers.text(rule.angle, 3)}° away.`);
      $("nearest").textContent = named ? what(named) : "The rule is zero.";
      $("place-head").replaceChildren(...kind.title.split(",")[0].split(/(?<=:)/).flatMap((part) => [part, document.createElement("wbr")]));
      $("place-rows").replaceChildren(...ranked.slice(0, 8).map((rule) => {
        const row = document.createElement("tr"), button = document.createElement("button");
        button.type = "button";
        button.textContent = "Set";
        button.setAttribute("aria-label", `Set the sliders to ${rule.name || rule.update}`);
        button.addEventListener("click", () => go(rule));
        const what = document.createElement("td"), formula = document.createElement("span");
        formula.className = "update";
        formula.textContent = rule.update;
        what.append(rule.name, rule.name ? document.createElement("br") : "", formula);
        row.append(what);
        for (const text of [`${numbers.text(rule.angle, 3)}°`, numbers.text(rule.at[1])]) {
          const cell = document.createElement("td");
          cell.textContent = text;
          cell.className = "r";
          row.append(cell);
        }
        const last = document.createElement("td");
        last.append(button);
        row.append(last);
        return row;
      }));
    }

    function prepare() {
      const p = setting().place;
      if (!p) return;
      const kinds = axes(), counted = kinds.findIndex((kind) => kind.count);
      options.forEach((select, n) => {
        select.replaceChildren(...kinds.map((kind) => new Option(kind.title)));
        select.selectedIndex = n ? Math.max(0, counted - 1) : counted;
      });
      const starts = $("start");
      starts.replaceChildren(new Option("a named rule …"), ...p.landmarks.map((name) => new Option(name)));
    }

    for (const id of ["place-x", "place-y", "place-log"]) $(id).addEventListener("change", changed);
    $("start").addEventListener("change", () => {
      const n = $("start").selectedIndex - 1;
      if (n >= 0) go({ coefficients: formulas[current].landmarks[n].map((c) => numbers.near(c(doubles()))) });
      $("start").selectedIndex = 0;
    });
    return { draw, prepare };
  })();

  // ---- command, address -------------------------------------------------------------------

  function command() {
    const used = setting().symbols.map((n) => `${sliders[n].name}=${numbers.exact(values[n])}`);
    const [head, rule] = setting().command.split("\n");
    for (const part of document.querySelectorAll(".command")) part.hidden = !head;
    // one box a word, so that a line breaks between words and not after the hyphens of an option
    const words = `${head} --at ${used.join(",")} ${rule}`.match(/'[^']*'|[^\s]+/g);
    $("command").replaceChildren(...words.flatMap((word, n) => {
      const box = document.createElement("span");
      box.textContent = word;
      return n ? [" ", box] : [box];
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
    for (const id of ["rule-controls", "network-controls"]) $(id).hidden = !$(id).querySelector(".slider:not([hidden])");
    place.prepare();
  }

  data.settings.forEach((one, which) => one.panels.forEach((panel, m) => {
    const select = $(`along-${which}-${m}`), log = $(`log-${which}-${m}`);
    const symbols = one.symbols.filter((n) => panel.curves.some((c) => one.curves[c].symbols.includes(n)));
    select.replaceChildren(...symbols.map((n) => new Option(sliders[n].name, n, false, n === panel.along)));
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

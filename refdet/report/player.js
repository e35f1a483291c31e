// The step player: replays the trace beside it. One classic script, so that it works from a file; no network.
(() => {
  "use strict";

  const flat = (value) => value?.array?.data ?? (Array.isArray(value) ? value : []);
  const number = (value) => (typeof value === "object" ? Number(value?.float) : value);

  function text(value) {
    const short = (items) => items.slice(0, 12).map(text).join(", ") + (items.length > 12 ? ", ..." : "");
    if (value?.array) {
      const { dtype, shape, data, head, min, max } = value.array;
      const range = data ? "" : `, ${text(min)} to ${text(max)}`;
      return `${dtype} (${shape.join(", ")})${range}: ${short(data ?? head)}`;
    }
    if (Array.isArray(value)) return `[${short(value)}]`;
    if (typeof value === "number") return String(+value.toPrecision(6));
    if (value?.set) return `{${short(value.set)}}`;
    if (value?.dict) return `{${value.dict.map(([k, v]) => `${text(k)}: ${text(v)}`).join(", ")}}`;
    return String(value?.float ?? value?.repr ?? value).slice(0, 160);
  }

  // The variables at every step, and the names of those that changed since the last step of the same frame.
  function variables(steps) {
    const frames = {};
    return steps.map((step) => {
      const before = frames[step.frame];
      frames[step.frame] = { ...before, ...step.set };
      return { all: frames[step.frame], changed: new Set(before ? Object.keys(step.set) : []) };
    });
  }

  // One word per box: picked, kept, alive, suppressed (just now) or gone; as refdet.viz.nms.fates. In soft_nms a box
  // that is alive waits in the queue, and a step makes it lowered or dropped.
  function fates(step, seen) {
    const toCome = (label) => step.name === "shift" || (step.name === "class" && label > number(seen.label));
    const queue = seen.queue && flat(seen.queue);
    const alive = seen.alive ? flat(seen.alive) : queue ? flat(seen.scores).map((_, b) => queue.includes(b)) : flat(seen.idxs).map(toCome);
    const fate = alive.map((is) => (is ? "alive" : "gone"));
    if (step.name === "suppress") flat(seen.rest).forEach((b) => { if (!alive[b]) fate[b] = "suppressed"; });
    if (step.name === "decay") {
      const lowers = seen.method === "linear" ? flat(seen.over) : flat(seen.overlap).map((overlap) => number(overlap) > 0);
      queue.forEach((b, k) => { if (lowers[k]) fate[b] = "lowered"; });
    }
    if (step.name === "drop") flat(seen.dropped).forEach((b) => { fate[b] = "dropped"; });
    const kept = seen.keep ? flat(seen.keep) : flat(seen.kept).flatMap((is, b) => (is ? [b] : []));
    kept.forEach((b) => { fate[b] = "kept"; });
    if (["pick", "suppress", "decay", "drop"].includes(step.name)) fate[seen.i] = "picked";
    return fate;
  }

  // The first free place in view for each label, best box first: the corners, the edges, above and below the box.
  function labelPlaces(boxes, scores, widths, height, view) {
    const places = Array(boxes.length);
    const taken = [];
    const within = (value, low, high) => Math.max(low, Math.min(value, high));
    [...boxes.keys()].sort((a, b) => scores[b] - scores[a]).forEach((b) => {
      const width = widths[b];
      const isFree = ([x, y]) => taken.every(([u, v, w]) => x >= u + w || u >= x + width || Math.abs(y - v) >= height);
      const inView = ([x, y]) => [
        within(x, view.left, view.left + view.width - width), within(y, view.top, view.top + view.height - height),
      ];
      const [left, top, right, bottom] = [boxes[b][0], boxes[b][1], boxes[b][2] - width, boxes[b][3] - height];
      const wanted = [[left, top], [right, top], [left, bottom], [right, bottom]];
      for (const y of [top, bottom, top - height, bottom + height]) {
        for (const t of [0, 0.5, 1]) wanted.push([left + t * (right - left), y]);
      }
      places[b] = wanted.map(inView).find(isFree);
      if (places[b]) taken.push([...places[b], width]);
    });
    return places;
  }

  class Player extends HTMLElement {
    connectedCallback() {
      const data = JSON.parse(this.querySelector("script").textContent);
      Object.assign(this, data, { steps: data.trace.steps, at: 0, timer: 0 });
      this.seen = variables(this.steps);
      this.querySelectorAll("button").forEach((button) => {
        button.addEventListener("click", () => this[button.dataset.go]());
      });
      const keys = { ArrowRight: "next", ArrowLeft: "previous", Home: "first", End: "last" };
      this.addEventListener("keydown", (event) => {
        if (!keys[event.key] || event.ctrlKey || event.altKey || event.metaKey) return;
        if (event.target.closest(".source")) return; // there the arrows scroll
        event.preventDefault();
        this[keys[event.key]]();
      });
      this.show(0);
    }

    first() { this.pause(); this.show(0); }
    previous() { this.pause(); this.show(this.at - 1); }
    next() { this.pause(); this.show(this.at + 1); }
    last() { this.pause(); this.show(this.steps.length - 1); }

    play() {
      if (this.timer) return this.pause();
      if (this.at === this.steps.length - 1) this.show(0);
      this.timer = setInterval(() => this.show(this.at + 1), 1000);
      this.button("play").textContent = "Pause";
    }

    pause() {
      clearInterval(this.timer);
      this.timer = 0;
      this.button("play").textContent = "Play";
    }

    button(name) { return this.querySelector(`[data-go=${name}]`); }

    show(wanted) {
      if (!this.steps.length) {
        this.querySelector(".note").textContent = "no steps";
        return;
      }
      this.at = Math.max(0, Math.min(wanted, this.steps.length - 1));
      const last = this.at === this.steps.length - 1;
      if (last && this.timer) this.pause();
      const step = this.steps[this.at];
      for (const name of ["first", "previous"]) this.button(name).setAttribute("aria-disabled", this.at === 0);
      for (const name of ["next", "last"]) this.button(name).setAttribute("aria-disabled", last);
      this.querySelector(".count").textContent = `step ${this.at + 1} of ${this.steps.length}`;
      const inside = step.depth ? ` (inside ${this.trace.function})` : "";
      this.querySelector(".note").textContent = `${step.name}: ${step.note}${inside}`;
      this.showSource(step);
      this.showVariables(this.seen[this.at]);
      if (this.querySelector("svg")) this.showBoxes(step, this.seen[this.at].all);
    }

    showSource(step) {
      const [from, to] = this.ran[this.at] ?? [0, -1];
      const lines = (this.bodies[step.function]?.lines ?? []).map(([line, code]) => {
        const row = document.createElement(line >= from && line <= to ? "mark" : "span");
        row.textContent = `${String(line).padStart(4)}  ${code}\n`;
        return row;
      });
      const source = this.querySelector(".source");
      source.replaceChildren(...lines);
      const mark = source.querySelector("mark");
      if (mark) source.scrollTop = mark.offsetTop - source.offsetTop - source.clientHeight / 3;
    }

    showVariables({ all, changed }) {
      const rows = Object.entries(all).map(([name, value]) => {
        const row = document.createElement("tr");
        row.className = changed.has(name) ? "changed" : "";
        row.append(document.createElement("th"), document.createElement("td"));
        row.firstChild.textContent = name;
        row.firstChild.scope = "row";
        row.lastChild.textContent = text(value);
        return row;
      });
      this.querySelector("tbody").replaceChildren(...rows);
    }

    showBoxes(step, seen) {
      const svg = this.querySelector("svg");
      const corners = flat(seen.boxes).map(number);
      const boxes = corners.flatMap((_, k) => (k % 4 ? [] : [corners.slice(k, k + 4)]));
      const first = flat(seen.scores).map(number);
      const scores = seen.new_scores ? flat(seen.new_scores).map(number) : first;
      const fate = fates(step, seen);
      const view = this.frame(svg, boxes.filter((box) => box.every(Number.isFinite)));
      const drawn = { gone: [], alive: [], suppressed: [], lowered: [], dropped: [], kept: [], picked: [] };
      boxes.forEach(([x1, y1, x2, y2], b) => {
        if (![x1, y1, x2, y2].every(Number.isFinite)) return;
        const sides = { x: Math.min(x1, x2), y: Math.min(y1, y2), width: Math.abs(x2 - x1), height: Math.abs(y2 - y1) };
        drawn[fate[b]].push(this.shape("rect", { ...sides, class: fate[b] }));
      });
      svg.querySelectorAll("rect, text").forEach((old) => old.remove());
      svg.append(...Object.values(drawn).flat());
      const rows = step.callers_rows ?? boxes.map((_, b) => b);
      this.showLabels(svg, boxes, rows, scores, first, fate, view);
      this.showCounts(svg, Object.keys(drawn).map((word) => [word, fate.filter((one) => one === word).length]));
    }

    // Over all boxes and each on a filled tag: an edge behind the text would read as a minus sign or a one.
    showLabels(svg, boxes, rows, scores, first, fate, view) {
      const size = Math.max(view.width, view.height) / 24; // of the letters
      const texts = boxes.map((box, b) => {
        const text = this.shape("text", { class: `tag-text ${fate[b]}` });
        text.style.fontSize = `${size}px`;
        const [now, was] = [scores[b]?.toFixed(2), first[b]?.toFixed(2)];
        text.textContent = `${rows[b]}: ${now}${scores[b] < first[b] && now !== was ? ` of ${was}` : ""}`;
        return text;
      });
      svg.append(...texts); // only what is in the page can be measured
      const widths = texts.map((text) => text.getComputedTextLength() + 0.5 * size);
      const places = labelPlaces(boxes, scores, widths, 1.2 * size, view);
      texts.forEach((text, b) => {
        text.remove();
        if (fate[b] === "gone" || !places[b] || !boxes[b].every(Number.isFinite)) return;
        const [x, y] = places[b];
        text.setAttribute("x", x + 0.25 * size);
        text.setAttribute("y", y + 0.95 * size);
        svg.append(this.shape("rect", { x, y, width: widths[b], height: 1.2 * size, class: `tag ${fate[b]}` }), text);
      });
    }

    showCounts(svg, counts) {
      const keys = counts.filter(([, count]) => count).map(([word, count]) => {
        const key = document.createElement("span");
        key.className = `key ${word}`;
        key.textContent = `${count} ${word}`;
        return key;
      });
      svg.setAttribute("aria-label", keys.map((key) => key.textContent).join(", ") || "no boxes");
      this.querySelector("figcaption").replaceChildren(...(keys.length ? keys : ["no boxes to draw"]));
    }

    // Show the boxes, and the image behind them if there is one.
    frame(svg, boxes) {
      const image = svg.querySelector("image");
      const xs = boxes.flatMap(([x1, , x2]) => [x1, x2]).concat(image ? [0, +image.getAttribute("width")] : []);
      const ys = boxes.flatMap(([, y1, , y2]) => [y1, y2]).concat(image ? [0, +image.getAttribute("height")] : []);
      const low = (values) => values.reduce((a, b) => Math.min(a, b), Infinity);
      const high = (values) => values.reduce((a, b) => Math.max(a, b), -Infinity);
      const [left, top, right, bottom] = xs.length ? [low(xs), low(ys), high(xs), high(ys)] : [0, 0, 4, 1];
      const margin = 0.03 * Math.max(right - left, bottom - top) || 1;
      const [width, height] = [right - left + 2 * margin, bottom - top + 2 * margin];
      svg.setAttribute("viewBox", `${left - margin} ${top - margin} ${width} ${height}`);
      return { left: left - margin, top: top - margin, width, height };
    }

    shape(tag, attributes) {
      const shape = document.createElementNS(this.querySelector("svg").namespaceURI, tag);
      for (const [name, value] of Object.entries(attributes)) shape.setAttribute(name, value);
      return shape;
    }
  }

  customElements.define("refdet-player", Player);
})();

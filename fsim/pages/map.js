// Draws each map of the page, shows the picture of the image that is pointed at, and lets categories be picked out.
for (const map of document.querySelectorAll(".map")) {
  const { points, groups, sprite, columns, size } = JSON.parse(map.querySelector("script").textContent);
  const canvas = map.querySelector("canvas"), near = map.querySelector(".near");
  const [picture, caption] = near.children, buttons = [...map.querySelectorAll("button")];
  const picked = new Set(), reach = 18; // CSS pixels
  let shown = -1;
  picture.style.backgroundImage = `url(${sprite})`;

  // Where a point lies, in CSS pixels: the longer side of the map fills the canvas.
  const margin = 16;
  const xs = points.map((point) => point[0]), ys = points.map((point) => point[1]);
  const [left, right, top, bottom] = [xs, ys].flatMap((of) => [
    of.reduce((a, b) => Math.min(a, b)), of.reduce((a, b) => Math.max(a, b))]);
  function places() {
    const width = canvas.clientWidth - 2 * margin, height = canvas.clientHeight - 2 * margin;
    const scale = Math.min(width / (right - left || 1), height / (bottom - top || 1));
    const x0 = canvas.clientWidth / 2, y0 = canvas.clientHeight / 2;
    return points.map(([x, y]) => [x0 + (x - (left + right) / 2) * scale, y0 + (y - (top + bottom) / 2) * scale]);
  }

  function draw() {
    const dense = window.devicePixelRatio || 1;
    canvas.width = canvas.clientWidth * dense;
    canvas.height = canvas.clientHeight * dense;
    const pen = canvas.getContext("2d");
    pen.scale(dense, dense);
    const radius = Math.max(2.5, Math.min(6, 90 / Math.sqrt(points.length)));
    const at = places();
    const faded = (number) => picked.size > 0 && !picked.has(points[number][2]);
    const order = points.map((_, number) => number).sort((a, b) => faded(b) - faded(a));
    for (const number of order) {
      const { colour, shape } = groups[points[number][2]], [x, y] = at[number];
      const large = number === shown ? 2 * radius : radius;
      pen.globalAlpha = faded(number) ? 0.12 : 0.85;
      pen.fillStyle = colour;
      pen.beginPath();
      for (const [dx, dy] of shape) pen.lineTo(x + large * dx, y + large * dy);
      pen.closePath();
      pen.fill();
      pen.lineWidth = 0.7;
      pen.strokeStyle = "#fff";
      pen.stroke();
    }
  }

  function show(number, [x, y]) {
    shown = number;
    near.style.display = number < 0 ? "none" : "block";
    if (number >= 0) {
      const side = picture.clientWidth, [, , group, name] = points[number];
      picture.style.backgroundSize = `${columns * side}px auto`;
      picture.style.backgroundPosition = `${-(number % columns) * side}px ${-Math.floor(number / columns) * side}px`;
      caption.textContent = `${groups[group].label}: ${name}`;
      near.style.left = `${Math.max(0, Math.min(x + 14, canvas.clientWidth - near.offsetWidth))}px`;
      near.style.top = y > canvas.clientHeight / 2 ? `${y - near.offsetHeight - 14}px` : `${y + 14}px`;
    }
    draw();
  }

  function point(event) {
    const box = canvas.getBoundingClientRect(), at = places();
    const x = event.clientX - box.left, y = event.clientY - box.top;
    let best = -1, distance = reach;
    at.forEach(([px, py], number) => {
      if (picked.size > 0 && !picked.has(points[number][2])) return;
      const off = Math.hypot(px - x, py - y);
      if (off < distance) [best, distance] = [number, off];
    });
    if (best !== shown) show(best, best < 0 ? [x, y] : at[best]);
  }

  canvas.addEventListener("pointermove", point);
  canvas.addEventListener("pointerdown", point);
  canvas.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && show(-1, [0, 0]));
  buttons.forEach((button, group) => button.addEventListener("click", () => {
    if (!picked.delete(group)) picked.add(group);
    button.setAttribute("aria-pressed", picked.has(group));
    show(-1, [0, 0]);
  }));
  new ResizeObserver(draw).observe(canvas);
}

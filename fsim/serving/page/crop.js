// A box on the picture: drawn by the mouse, moved and sized by mouse, finger or arrow keys.

const LEAST = 0.04; // of a side
const STEP = 0.03; // of an arrow key
const CORNERS = ["nw", "ne", "sw", "se"];
const limited = (value, low, high) => Math.min(high, Math.max(low, value));

export class Crop {
  // `changed` is called when the box rests.
  constructor(frame, image, changed) {
    Object.assign(this, { frame, image, changed, box: null }); // box: [x1, y1, x2, y2] in shares of the sides
    this.element = document.createElement("div");
    this.element.id = "box";
    this.element.tabIndex = 0;
    this.element.setAttribute("role", "group");
    this.element.setAttribute("aria-label", "Crop box: arrow keys move it, with Shift they size it, Escape removes it");
    this.element.append(...CORNERS.map((corner) => {
      const handle = document.createElement("span");
      handle.className = `handle ${corner}`;
      handle.dataset.corner = corner;
      return handle;
    }));
    this.element.hidden = true;
    frame.append(this.element);
    frame.addEventListener("pointerdown", (event) => this.down(event));
    this.element.addEventListener("keydown", (event) => this.key(event));
  }

  // x1,y1,x2,y2 in pixels of the picture, or null.
  get pixels() {
    if (!this.box) return null;
    const { naturalWidth: w, naturalHeight: h } = this.image;
    return this.box.map((share, at) => (share * (at % 2 ? h : w)).toFixed(1)).join(",");
  }

  set(box, tell = true) {
    this.box = box;
    this.element.hidden = !box;
    if (box) {
      const [x1, y1, x2, y2] = box;
      const { style } = this.element;
      [style.left, style.top] = [`${100 * x1}%`, `${100 * y1}%`];
      [style.width, style.height] = [`${100 * (x2 - x1)}%`, `${100 * (y2 - y1)}%`];
    }
    if (tell) this.changed();
  }

  place(event) {
    const { left, top, width, height } = this.image.getBoundingClientRect();
    return [limited((event.clientX - left) / width, 0, 1), limited((event.clientY - top) / height, 0, 1)];
  }

  down(event) {
    const onBox = this.element.contains(event.target);
    if (event.button !== 0 || (event.pointerType === "touch" && !onBox)) return; // a finger on the picture scrolls
    event.preventDefault();
    const [x, y] = this.place(event);
    const before = this.box;
    const [x1, y1, x2, y2] = before ?? [x, y, x, y];
    const corner = event.target.dataset?.corner;
    const move = (moved) => {
      const [nowX, nowY] = this.place(moved);
      if (corner) {
        const [fixedX, fixedY] = [corner.includes("w") ? x2 : x1, corner.includes("n") ? y2 : y1];
        this.set(between(fixedX, fixedY, nowX, nowY), false);
      } else if (onBox) {
        const [dx, dy] = [limited(nowX - x, -x1, 1 - x2), limited(nowY - y, -y1, 1 - y2)];
        this.set([x1 + dx, y1 + dy, x2 + dx, y2 + dy], false);
      } else {
        this.set(between(x, y, nowX, nowY), false);
      }
    };
    const up = () => {
      this.frame.removeEventListener("pointermove", move);
      for (const name of ["pointerup", "pointercancel"]) this.frame.removeEventListener(name, up);
      const box = this.box;
      const tiny = box && (box[2] - box[0] < LEAST || box[3] - box[1] < LEAST);
      if (tiny) this.set(before, false);
      if (String(this.box) !== String(before)) this.changed();
      if (this.box) this.element.focus({ preventScroll: true });
    };
    this.frame.setPointerCapture(event.pointerId);
    this.frame.addEventListener("pointermove", move);
    for (const name of ["pointerup", "pointercancel"]) this.frame.addEventListener(name, up);
  }

  key(event) {
    const [dx, dy] = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] }[event.key] ?? [0, 0];
    if (event.key === "Escape") {
      this.set(null);
      this.frame.closest("section").querySelector("#crop").focus();
    } else if (dx || dy) {
      const [x1, y1, x2, y2] = this.box;
      const sized = [x1, y1, limited(x2 + dx, x1 + LEAST, 1), limited(y2 + dy, y1 + LEAST, 1)];
      const [mx, my] = [limited(dx, -x1, 1 - x2), limited(dy, -y1, 1 - y2)];
      this.set(event.shiftKey ? sized : [x1 + mx, y1 + my, x2 + mx, y2 + my]);
    } else return;
    event.preventDefault();
  }
}

const between = (ax, ay, bx, by) => [Math.min(ax, bx), Math.min(ay, by), Math.max(ax, bx), Math.max(ay, by)];
